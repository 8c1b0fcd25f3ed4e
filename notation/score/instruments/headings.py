"""Instruments of bands, orchestras and schools: what a part's heading says, and how its notes sound.

A heading ("2nd Bb Clarinet", "Klarinette 1 in B", "Cl. in Sib", "Baritone T.C.") is taken apart in this order:
  1. signs and accents are evened out, digits parted from letters;
  2. clef ("T.C."), pitch ("in Es", "Bb", "en si bemol") and desk ("1.", "II", "second") are taken out;
  3. what is left must be a name or an abbreviation of the table as a whole; long names may have a slip of the scanner.
So "Concerto for Violin and Orchestra" is no heading: words are left over.

A B is a B flat, as in German; no B natural instruments are in use, and those of old scores are told as "in H".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import PurePath

from notation.score.instruments.model import Instrument
from notation.score.instruments.table import ALTO, BASS, BY_KEY, KINDS, TENOR, TREBLE, Kind


def read_instrument(text: str, *, clef: str = "") -> Instrument | None:
    """What a heading says, or None where it is none. `clef` (a token) decides between namesakes ("Alto")."""
    text = re.sub(r"\s*[(\[](?:opt|optional|ad lib|ossia)\.?[)\]]\s*$", "", text, flags=re.IGNORECASE)
    whole = _words(text)
    if not 0 < len(whole) <= 10 or len(text) > 60:
        return None
    # "Flöte (auch Piccolo)", "Flute / Piccolo": the first one counts, if all of it is instruments
    pieces = [
        p for p in re.split(r"[/,;&()]|\b(?:and|und|et|e|ed|y|en|auch|also|doubling|muta in)\b", text) if p.strip()
    ]
    heads = [_heading(_words(piece), clef) for piece in pieces if piece.strip()]
    if len(heads) > 1 and heads[0] and all(heads):
        return heads[0]
    return _heading(whole, clef)


def from_file_name(path: str | PurePath) -> Instrument | None:
    """Whose part a file is: "Sinfonie_5-Part-Violin_1.pdf". The last of the longest runs of words that name one."""
    words = _words(re.sub(r"[-_.+]", " ", PurePath(path).stem))
    for length in range(min(len(words), 6), 0, -1):
        for start in range(len(words) - length, -1, -1):
            run = words[start : start + length]
            if run[0].isdigit() and run[-1].isdigit() and length > 1:
                continue  # "5 Part Violin 1": the first number is of the piece
            if any(len(word) > 1 and word.isalpha() and word not in _FILLING for word in run) and (
                found := _heading(run)
            ):
                return found
    return None


_PITCHES = {
    "c": "C", "ut": "C", "do": "C", "db": "Db", "des": "Db", "reb": "Db", "d": "D", "re": "D", "eb": "Eb", "es": "Eb",
    "mib": "Eb", "e": "E", "mi": "E", "f": "F", "fa": "F", "g": "G", "sol": "G", "ab": "Ab", "as": "Ab", "lab": "Ab",
    "a": "A", "la": "A", "b": "Bb", "bb": "Bb", "bes": "Bb", "sib": "Bb", "si": "B", "h": "B",
}  # fmt: skip
_NUMBERS = {
    word: number
    for number, words in {
        1: "1 1st ist lst 1re 1ere 1er 1o 1a 1e i first primo prima premier premiere erste erster 1ste primero primera "
        "eerste",
        2: "2 2nd 2e 2eme 2nde 2me 2o 2a 2de ii il ll second secondo seconda deuxieme zweite zweiter segundo tweede",
        3: "3 3rd 3e 3eme 3me 3o 3a iii ill lll third terzo terza troisieme dritte dritter tercero derde",
        4: "4 4th 4e 4eme 4me 4o 4a iv fourth quarto quatrieme vierte vierter cuarto vierde",
        5: "5 5th v",
        6: "6 6th vi",
    }.items()
    for word in words.split()
}
_FILLING = {"part", "parts", "stimme", "solo", "soli", "tutti", "the", "scan", "partie", "parte", "partij"}
_CLEFS = (
    (
        TREBLE,
        r"\b(t ?c|treble clef|violinschlussel|g schlussel|cle de sol|chiave di violino|chiave di sol|clave de sol)\b",
    ),
    (BASS, r"\b(b ?c|bass clef|bassschlussel|f schlussel|cle de fa|chiave di basso|clave de fa)\b"),
    (TENOR, r"\b(tenor clef|tenorschlussel)\b"),
    (ALTO, r"\b(alto clef|altschlussel)\b"),
)


def _words(text: str) -> list[str]:
    """Small letters without accents, digits parted from names but not from their endings ("2nd")."""
    text = text.replace("♭", "b ").replace("♯", "# ").replace("ß", "ss").casefold()
    text = re.sub(r"\b([abde]|si|mi|la|re)[\s-]?(flat|bemolle|bémol|bemol)\b", r"\1b ", text)
    # a small flat sign, as the scanner reads it
    text = re.sub(r"(?:(?<=^)|(?<=\s))([abe])(?:[>»}?°]|[o0](?=\s+[a-z]))", r"\1b ", text)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = text.replace("°", "o ").replace("'", " ").replace("’", " ")
    text = re.sub(r"[^a-z0-9]+", " ", text)
    text = re.sub(r"(?<=[a-z]{2})(?=\d)", " ", text)
    text = re.sub(r"(?<=\d)(?=(?!(?:st|nd|rd|th|ste|de|nde|re|er|ere|eme|me|e|o|a)\b)[a-z])", " ", text)
    return text.split()


def _heading(words: list[str], clef: str = "") -> Instrument | None:
    joined = " ".join(words)
    named_clef = ""
    for token, pattern in _CLEFS:
        rest = re.sub(pattern, " ", joined)
        if rest != joined and rest.strip():
            joined, named_clef = " ".join(rest.split()), token
            break
    words = [word for word in joined.split() if word not in _FILLING] or joined.split()
    readings = list(_readings(words))
    for exact in (True, False):
        # a slip is forgiven in the name alone: "Violin I" is not a misread "Violini"
        for name, pitch, numbers, octaves in readings if exact else readings[::-1]:
            kind, sure = _kind(name, named_clef or clef, exact=exact)
            if kind is None:
                continue
            if kind.key == "double-bass" and pitch:  # "Bass in Es" of a band
                kind = BY_KEY["tuba"]
            if pitch and pitch != kind.pitch and kind.family not in ("woodwind", "brass"):
                continue
            return Instrument(kind, pitch or kind.pitch, numbers, named_clef, octaves, bool(pitch), sure)
    return None


def _readings(words: list[str]) -> Iterator[tuple[str, str, tuple[int, ...], int]]:
    """Ways to part words into name, pitch, desks and octave: as they stand first, then with more taken out."""
    yield " ".join(words), "", (), 0
    octaves, pitch, numbers, rest = 0, "", [], []
    index = 0
    while index < len(words):
        word, after = words[index], words[index + 1] if index + 1 < len(words) else ""
        if word in ("in", "en") and after in _PITCHES and not pitch:
            pitch = _PITCHES[after]
            index += 2
            if index < len(words) and words[index] in ("basso", "alto"):
                octaves = -1 if words[index] == "basso" else 0
                index += 1
            continue
        if word in _NUMBERS:
            numbers.append(_NUMBERS[word])
        elif (
            numbers
            and index
            and words[index - 1] in _NUMBERS
            and word in ("and", "und", "et", "e", "y")
            and after in _NUMBERS
        ):
            pass
        else:
            rest.append(word)
        index += 1
    desks = tuple(dict.fromkeys(numbers))
    yield " ".join(rest), pitch, desks, octaves
    if pitch or len(rest) < 2:
        return
    for at in (0, len(rest) - 1):  # "Bb Clarinet", "B-Klarinette"; "Clarinet Bb"
        if rest[at] in _PITCHES:
            yield " ".join(rest[:at] + rest[at + 1 :]), _PITCHES[rest[at]], desks, 0


@cache
def _names() -> tuple[dict[str, list[Kind]], list[str]]:
    """Kinds by name, and the names long enough for a slip."""
    exact: dict[str, list[Kind]] = {}
    for kind in KINDS:
        for name in f"{kind.names},{kind.short}".split(","):
            if key := " ".join(_words(name)):
                kinds = exact.setdefault(key, [])
                kinds += [] if kind in kinds else [kind]
    for key in list(exact):  # "Altsaxophon", "Alt Saxophon"; but a tenor horn is not a Tenorhorn
        exact.setdefault(key.replace(" ", ""), exact[key])
    long = {" ".join(_words(name)) for kind in KINDS for name in kind.names.split(",")}
    return exact, sorted(name for name in long if len(name) >= 5)


@cache
def _kind(name: str, clef: str, *, exact: bool) -> tuple[Kind | None, float]:
    from rapidfuzz import fuzz, process

    names, long = _names()
    sure = 1.0
    found = names.get(name)
    if not found and all(len(word) > 1 for word in name.split()):
        found = names.get(name.replace(" ", ""))
    if not found and not exact and len(name) >= 5:
        tries = (
            process.extractOne(n, long, scorer=fuzz.ratio, score_cutoff=84) for n in (name, name.replace("rn", "m"))
        )
        near = max(filter(None, tries), key=lambda hit: hit[1], default=None)
        if near and abs(len(near[0]) - len(name)) <= 2:
            found, sure = names[near[0]], near[1] / 100
    if not found:
        return None, 0.0
    usual = [kind for kind in found if clef == kind.clefs[0]] or [kind for kind in found if clef in kind.clefs]
    return (usual or found)[0], sure
