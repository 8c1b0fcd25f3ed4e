"""The rules that Copyist brings: what a band's part books can be made into for those who have none."""

from __future__ import annotations

from notation.score.derive.rules import Rule, Source


def _from(*parts: str) -> tuple[Source, ...]:
    return tuple(Source(part) for part in parts)


BUILTIN: tuple[Rule, ...] = (
    Rule("Flute 2", (Source("Flute", "lower"), *_from("Clarinet 2", "Cornet 2", "Trumpet 2")), octaves=None),
    Rule("Flute 3", (Source("Flute 2", "lower"), *_from("Clarinet 3", "Cornet 3", "Trumpet 3")), octaves=None),
    Rule("Violin", _from("Flute 1"), octaves=-1),
    Rule("Viola", _from("Flute 3"), octaves=-1, clef="alto"),
    Rule("Cello", _from("Trombone 1")),
    Rule("Bassoon", (Source("Trombone 2"), Source("Trombone", "lower"), *_from("Trombone 3", "Euphonium", "Baritone"))),
    Rule("Tuba", _from("Baritone", "Euphonium"), octaves=-1),
    Rule("Oboe", _from("Flute 2")),
    Rule("Alto Clarinet", _from("Alto Sax 3", "Alto Sax 2", "Alto Sax 1")),
    Rule(
        "Baritone Sax",
        _from("Bass Trombone", "Trombone 3", "Euphonium", "Baritone", "Trombone 2", "Tuba", "Trombone 1"),
        octaves=None,
    ),
)
