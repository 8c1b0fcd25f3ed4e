"""Whether two printed titles name one piece: what a scanner does to a title, told from what makes it another one.

    alike("Old Comrades", "OLD COMRADE5 – March")   -> 0.97    one piece, wherever it stands
    alike("Blue Danube", "Blue Danube Waltz")       -> 0.7     perhaps: its place and its length have to agree
    alike("March No. 1", "March No. 2")             -> 0.0     two pieces
    alike("Evening Air", "Morning Air")             -> 0.0

The rule:

1. Case, accents, punctuation, spaces, articles and what stands in brackets do not count; nor does "No." before a
   number. Letters that look alike (l and i, o and 0, rn and m) are one.
2. Numbers have to be the same, whether figures, Roman or in words. Where one title has none it is perhaps the other.
   A number before the title is its place in a list: another one makes it a little less likely, and "No. 1" of one
   against "No. 2" of the other makes two pieces.
3. Every word has its counterpart, in which a letter may be wrong, or two of a long word that stand apart. Two wrong
   close together are another word: Major and Minor, Happy and Unhappy. With a slip in a word of two or three letters,
   or at the head of a short one, it is only perhaps the same: Air and Aix, Land and Band.
4. A subtitle (after a dash, a colon, a slash) may be missing in one; two that differ make two pieces. Words more at the
   end without such a sign are perhaps one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

SURE, PERHAPS = 0.85, 0.7  # least of what is one for certain; what its place and its length have to decide
SLIP = 0.03  # what each wrong letter takes away
LISTED = 0.04  # what another number before the title takes away
LONG = 7  # letters of a word in which two may be wrong
CLOSE = 2  # and so many letters from each other they are another word

_LABEL = r"(?:no|nr|num|number|nummer|numero)"
_BEFORE = re.compile(rf"\s*({_LABEL}\b\.?\s*)?(\d{{1,3}})[.)\s]\s*(?=\S)")
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_NUMBER_ALONE = re.compile(rf"\s*(?:(?:{_LABEL}|part|teil|book|heft)\b\.?\s*)?(\d{{1,2}}|[ivx]{{1,5}})\.?\s*")
_SUBTITLE = re.compile(r"\s[-–—]+\s|\s*[–—:;/]\s*")
_WORD = re.compile(r"(?P<number>\d{1,8})(?:st|nd|rd|th)?\b|(?P<label>no|nr|op)(?P<of>\d{1,8})\b|[^\W_]+")
_ROMAN = re.compile(r"(?=.)(x{0,3})(ix|iv|v?i{0,3})")
_ARTICLES = re.findall(r"\w+", "the der die das la le les el il los las a an ein eine un une")
_NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "one first eins erster erste erstes primo prima", "two second zwei zweiter zweite zweites secondo seconda",
            "three third drei dritter dritte drittes", "four fourth vier vierter vierte viertes",
            "five fifth fünf fünfter fünfte", "six sixth sechs sechster sechste", "seven seventh sieben siebter siebte",
            "eight eighth acht achter achte", "nine ninth neun neunter neunte", "ten tenth zehn zehnter zehnte",
            "eleven eleventh elf elfter elfte", "twelve twelfth zwölf zwölfter zwölfte",
        ),
        1,
    )
    for word in words.split()
}  # fmt: skip
_NUMBERS |= {"".join(c for c in unicodedata.normalize("NFKD", w) if not unicodedata.combining(c)): n
             for w, n in _NUMBERS.items()}  # fmt: skip
_LOOKS = str.maketrans({"0": "o", "l": "i", "j": "i", "1": "i", "5": "s"})
_SHAPES = frozenset(word.translate(_LOOKS) for word in _ARTICLES)

Token = str | int  # a word, or a number


@dataclass(frozen=True)
class Title:
    """listed: the number before it; labelled: whether that says "No."."""

    main: tuple[Token, ...]
    subtitle: tuple[Token, ...] = ()
    listed: int | None = None
    labelled: bool = False

    @property
    def whole(self) -> tuple[Token, ...]:
        return (*self.main, *self.subtitle)


@lru_cache(maxsize=50_000)  # the books of a band say the same titles over and over
def alike(one: str, other: str) -> float:
    """0..1: whether two titles are one. 0: two pieces; PERHAPS; SURE and more: one. Empty ones are like none."""
    a, b = read(one), read(other)
    if not a.whole or not b.whole:
        return 0.0
    listed = a.listed is not None and b.listed is not None and a.listed != b.listed
    if listed and a.labelled and b.labelled:
        return 0.0
    first, second = _numbered(a, b), _numbered(b, a)
    said = _agree(first.whole, second.whole)
    if bool(first.subtitle) != bool(second.subtitle):
        said = max(said, _without_subtitle(first, second))
    if said < SURE and _words(first) == _words(second):
        said = 1 - SLIP  # "Tale, A Winter's"
    return max(said - (LISTED if listed and said >= SURE else 0.0), 0.0)


@lru_cache(maxsize=5_000)
def read(title: str) -> Title:
    """The words and numbers of a printed title."""
    text = "".join(c for c in unicodedata.normalize("NFKD", title.casefold()) if not unicodedata.combining(c))
    text = re.sub(r"[’'`´]", "", text)
    listed, labelled = None, False
    if found := _BEFORE.match(text):
        listed, labelled, text = int(found[2]), bool(found[1]), text[found.end() :]
    text = _BRACKETS.sub(lambda inner: f" {m[1]} " if (m := _NUMBER_ALONE.fullmatch(inner[1])) else " ", text)
    main, *rest = _SUBTITLE.split(text.strip(), maxsplit=1)
    said = _tokens(main), _tokens(rest[0] if rest else "")
    if not said[0]:
        said = said[1], ()
    if not said[0] and listed is None:  # nothing but brackets
        said = _tokens(re.sub(r"\W", " ", title.casefold())), ()
    return Title(*said, listed, labelled)


def _tokens(text: str) -> tuple[Token, ...]:
    words: list[Token] = []
    for m in _WORD.finditer(text):
        if m["number"] or m["of"]:
            words += [m["label"]] * bool(m["of"]) + [int(m["number"] or m["of"])]
        else:
            words.append(m[0] if m[0].isdecimal() else m[0].replace("0", "o"))
    found: list[Token] = []
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else None
        if isinstance(word, int):
            found.append(word)
        elif re.fullmatch(_LABEL, word) and after is not None and (isinstance(after, int) or _roman(after)):
            continue
        elif word in _NUMBERS:
            found.append(_NUMBERS[word])
        elif (value := _roman(word)) and (word != "i" or after is None):
            found.append(value)
        else:
            found.append(_shape(word))
    return tuple(found)


def _roman(word: Token) -> int:
    """Of i to xxxix; 0 for what is none."""
    if not isinstance(word, str) or not _ROMAN.fullmatch(word):
        return 0
    values = [{"i": 1, "v": 5, "x": 10}[letter] for letter in word]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))


def _shape(word: str) -> str:
    """The word with letters that look alike as one."""
    return word.translate(_LOOKS).replace("rn", "m").replace("vv", "w")


def _words(title: Title) -> list[str]:
    return sorted(str(token) for token in title.whole if token not in _SHAPES)


def _numbered(title: Title, other: Title) -> Title:
    """With "No. 1" before it counted as its number where the other has one of its own."""
    if title.labelled and title.listed is not None and any(isinstance(token, int) for token in other.whole):
        return Title((*title.main, title.listed), title.subtitle)
    return title


def _without_subtitle(a: Title, b: Title) -> float:
    longer, shorter = (a, b) if a.subtitle else (b, a)
    said = _agree(longer.main, shorter.main)
    sure = len(longer.main) > 1 and not any(isinstance(token, int) for token in longer.subtitle)
    return said if sure else min(said, PERHAPS)


def _agree(a: tuple[Token, ...], b: tuple[Token, ...]) -> float:
    """Word by word, in order. Two words that a scanner joined are one, and the other way round."""
    # (whether it is certain, wrong letters) of the best way to have read so much of both; None: none.
    best: dict[tuple[int, int], tuple[bool, int] | None] = {}
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            ways: list[tuple[bool, int]] = [] if i or j else [(True, 0)]
            for m, n in ((1, 1), (1, 2), (2, 1), (1, 0), (0, 1)):
                before = best[i - m, j - n] if i >= m and j >= n else None
                if before is not None and (said := _same(a[:i], b[:j], m, n)) is not None:
                    ways.append((before[0] and said[0], before[1] + said[1]))
            best[i, j] = min(ways, key=lambda way: (not way[0], way[1]), default=None)
    whole = best[len(a), len(b)]
    if whole is not None and whole[1] <= max(2, min(_letters(a), _letters(b)) // 8):
        return max(1 - SLIP * whole[1], SURE) if whole[0] else PERHAPS
    return PERHAPS if _goes_on(a, b, best) or _one_number_missing(a, b) else 0.0


def _goes_on(a: tuple[Token, ...], b: tuple[Token, ...], best: dict[tuple[int, int], tuple[bool, int] | None]) -> bool:
    """Whether one is all of the beginning of the other, and enough of it to be known by."""
    short, long = (a, b) if _letters(a) <= _letters(b) else (b, a)
    ends = [(i, j) for (i, j), way in best.items() if way and i and j and (i == len(a) if short is a else j == len(b))]
    enough = len(short) > 1 or 2 * _letters(short) >= _letters(long)
    clean = any(way is not None and way[0] and way[1] <= 1 for way in (best[end] for end in ends))
    more = not any(isinstance(token, int) for token in long[len(short) + 1 :])
    return bool(short) and enough and clean and more


def _one_number_missing(a: tuple[Token, ...], b: tuple[Token, ...]) -> bool:
    words = [tuple(token for token in one if isinstance(token, str)) for one in (a, b)]
    numbers = [any(isinstance(token, int) for token in one) for one in (a, b)]
    return numbers[0] != numbers[1] and bool(words[0]) and _agree(words[0], words[1]) >= SURE


def _same(a: tuple[Token, ...], b: tuple[Token, ...], m: int, n: int) -> tuple[bool, int] | None:
    """Whether the last m of one and n of the other are certainly one word, and how many letters are wrong.

    None where they are two. Of none is an article.
    """
    one, other = a[len(a) - m :], b[len(b) - n :]
    if not one or not other:
        title, alone = (a, one[0]) if one else (b, other[0])
        return (True, 0) if alone in _SHAPES and title[-2:-1] != ("in",) else None  # but "in A"
    if any(isinstance(token, int) for token in (*one, *other)):
        return (True, 0) if one == other else None
    word, like = "".join(map(str, one)), "".join(map(str, other))
    if word == like:
        return True, 0
    short = min(len(word), len(like))
    steps = Levenshtein.editops(word, like)
    places = sorted(step.src_pos for step in steps)
    if short < 2 or len(steps) > (2 if short >= LONG else 1) or (short < 3 and places[0] == 0):
        return None
    if len(places) == 2 and places[1] - places[0] <= CLOSE:
        return None
    article = len(word) == len(like) == 3 and bool({word, like} & _SHAPES)
    return article or (short > 3 and (short >= LONG or places[0] > 0)), len(steps)


def _letters(tokens: tuple[Token, ...]) -> int:
    return sum(len(str(token)) for token in tokens)
