"""Musical terms in six languages: what role a line of words has, with slips of the scanner set right.

A line is a term when (nearly) all of its words are of the lists; so "Allegro ma non troppo, poco maestoso" needs no
entry of its own. It is a tempo as soon as one word is, else a jump, a technique or an expression.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

TermRole = Literal["tempo", "expression", "technique", "jump"]

# Names that make a line a tempo and may be titles, then words that make it one; a star marks gradual changes and
# returns, which stand within the music as well.
_FORMS = """
menuetto minuetto menuett minuet scherzo rondo marsch march marcia walzer waltz valse polka galopp galop polonaise
mazurka tarantella siciliano sarabande gigue bourree gavotte allemande courante tango bolero beguine swing rock bossa
nova samba blues ballad shuffle foxtrot ragtime cha-cha latin funk disco trio refrain intro minore maggiore
"""
_TEMPO = """
grave largo larghetto larghissimo lento lentement adagio adagietto andante andantino moderato allegretto allegro
allegrissimo vivace vivacissimo vivo presto prestissimo allegramente marziale tempo metronomo
accelerando* rallentando* ritardando* ritenuto* stringendo* allargando* slentando* rubato* rit* rall* accel* riten*
allarg* string* ritard* stretto* affrettando* calando* morendo* smorzando* mosso* l'istesso*
istesso* primo* doppio* meno*
tempo* movimento
slow fast moderately slowly quickly lively
brightly quick medium up-tempo freely steadily faster* slower* broadly broader*
langsam langsamer* schnell schneller* lebhaft lebhafter* mässig mäßig massig ruhig ruhiger* bewegt bewegter* gehend
rasch rascher* breit breiter* fliessend fließend munter frisch feierlich getragen schleppend drängend* beschleunigend*
zurückhaltend* verlangsamen* eilend* zeitmaß* zeitmass* geschwind marschtempo walzertempo gemächlich flott schwungvoll
gemessen feurig
modéré moderé vif lent animé animez* ralentir* ralentissant* cédez* retenu* retenez* pressez* accélérez* vite rapide
mouvement allant large élargissant* élargir*
lentamente despacio rápido moderadamente vivamente aprisa
langzaam snel matig levendig rustig sneller* langzamer* vlug gedragen statig
"""
_EXPRESSION = """
agitato amabile amoroso animato animando appassionato appassionata ardito arioso brillante brio bravura burlesco
cantabile cantando capriccioso comodo commodo crescendo cresc decrescendo decresc delicato delicatamente deciso
diminuendo dim dimin dolce dolcissimo dolente doloroso energico eroico espressivo espressione espr espress facile feroce
festivo flebile forte fortissimo fuoco furioso giocoso giusto grandioso grazia grazioso gioviale impetuoso innocente
lacrimoso lagrimoso lamentoso legato legatissimo leggero leggiero leggierissimo liberamente lugubre lusingando maestoso
maestà malinconico marcato marcatissimo marc mesto mezza mezzo misterioso mormorando nobile nobilmente parlando
passionato passione pastorale patetico pesante piacevole piano pianissimo placido pomposo pressante quieto religioso
risoluto ritmico rustico scherzando scherzoso schietto semplice sempre sentimento serioso sforzando simile sim smorz
soave solenne sonore sonoro sospirando sostenuto sost spianato spiccato spirito spiritoso staccato staccatissimo stacc
strepitoso subito sub suave teneramente tenuto ten teneroso tranquillo tranquillamente trionfale tristamente vigoroso
vigore voce calmo calmato perdendosi perdendo dolcezza libitum piacere
expressive expressively gently gentle warmly warm boldly bold majestic majestically with expression feeling singing
sweetly lightly light heavy heavily marked smoothly smooth bright spirit spirited energy energetic tenderly softly soft
loud proudly dreamily flowing mysterious mysteriously playful playfully calm calmly peacefully sustained crisp detached
joyful joyfully dramatic dramatically driving relaxed hymn-like march-like like style easy
ausdruck ausdrucksvoll innig zart kräftig kraftvoll leicht heiter fröhlich lustig sanft weich singend gesangvoll
wehmütig wehmüthig schmerzlich sehnsuchtsvoll behaglich gemütlich herzlich anmuthig
markig wuchtig hervortretend hervor deutlich betont gebunden gestossen gestoßen empfindung gefühl majestätisch stark
entschlossen leidenschaftlich energisch zögernd anmutig
doux doucement expressif expression chanté chantant léger légèrement soutenu gracieux tendrement marqué martelé
mystérieux calme tranquille majestueux élégant gaiement gai sonore dehors lourd augmentez diminuez
dulce expresivo alegre tranquilo marcado suave ligero
uitdrukking zacht krachtig vrolijk licht zingend
"""
_TECHNIQUE = """
arco pizzicato pizz col legno spiccato sordino sordini sord con senza mute muted mutes straight cup harmon plunger open
stopped bouché bouchés cuivré gestopft offen dämpfer gedämpft sourdine solo soli tutti divisi div unisono unis unison
tremolo trem flutter flz flatterzunge frullato sul sulla tastiera ponticello pont tasto corda corde glissando gliss
portamento punta d'arco arpeggio ottava 8va 8vb loco detaché détaché martellato saltando jeté laissez vibrer l.v. let
ring choke damp sticks brushes mallets soft hard snares on off rim shot hi-hat ride play tacet tace tacent trill
a2 a3 zu 2 due tre hand left right stick dampfer ab weg auf nehmen ohne mit breath bell tone slap vib vibrato
attacca attaca one player optional opt ossia cue cues einzeln alle geteilt zusammen tous seul divisés unis
"""
_FILL = """
ma non troppo molto poco un più piu meno assai quasi con e ed et und and a al alla allo all' nel della del di da in la
le lo il gli i mit ohne nicht sehr zu etwas wie im ein eine wenig mehr immer so noch als the not too very much more less
to of but as possible possibile ben bene mf mp pp ff f p sfz sempre un po' po' po tanto moto doppio primo prima i°
très peu plus moins sans pas assez avec au à de du en bien trop un toujours mais
muy poco más menos con sin y bastante zeer niet te wat met meer en ca circa approx nach belieben ad lib segno volta
"""

_JUMPS = (  # of the letters alone, in order: the longer before the shorter
    (r"(da ?capo|dc|vom ?anfang|von ?anfang|desde ?el ?principio|van ?het ?begin)", "dc"),
    (r"(dal ?segno|del ?segno|dal ?signo|ds|vom ?zeichen|au ?signe)", "ds"),
    (r"((to|zur|zum|alla|a ?la|naar|vers) ?coda|tocoda|al ?coda)", "tocoda"),
    (r"(fine|fin|ende|einde)", "fine"),
)

_WHOLE_JUMPS = (
    "dc al fine", "dc al coda", "ds al fine", "ds al coda", "da capo al fine", "da capo al coda", "dal segno al fine",
    "dal segno al coda", "to coda",
)  # fmt: skip
_BEFORE_JUMPS = "rondo scherzo menuetto minuetto menuet minuet marsch march marcia trio polka walzer waltz poi e und"
_AFTER_JUMPS = """
al alla e poi la the und dann coda koda fine fin senza ohne bis repetizione ripetizione rep repeat repeats no
wiederholung zum zur ende et then to next strain with con a segno as sin sino dal
"""


@dataclass(frozen=True)
class Term:
    text: str  # as it should read
    role: TermRole
    sure: float  # 0..1
    jump: str = ""  # "dc", "ds", "fine", "tocoda": tokens; "coda" for the word above a coda
    until: str = ""  # of a jump: "fine", "coda", or "" for the end
    per_minute: float | None = None  # of a metronome mark
    beat: str = ""  # its note value as printed, where the file tells: "♩", "♩.", "𝅗𝅥"
    gradual: bool = False  # a change of tempo within the music: no new section starts here
    form: bool = False  # of dances and forms alone, as titles are too: "March", "Menuetto"

    @property
    def quarters_per_minute(self) -> float | None:
        """Of a metronome mark; where its note was not read it is taken for a quarter."""
        return None if self.per_minute is None else self.per_minute * QUARTERS.get(self.beat, 1.0)


def read_term(text: str) -> Term | None:
    """The term that a line of words is, or None: then it is a name, a title, a lyric."""
    text = " ".join(text.replace("’", "'").split())
    if not text or len(text) > 120:
        return None
    if jump := read_jump(text):
        return jump
    text = _PIU.sub(lambda slip: "Più" if slip[0][0] == "P" else "più", text)
    words, per_minute, beat = _metronome(text)
    text = text if words or per_minute is None else f"{beat or '♩'} = {per_minute:g}"
    found = _line(words)
    if found is None:
        # a metronome mark alone, or after words of no list ("Im Frühtau ♩ = 96")
        if per_minute is None or len(words) > 60:
            return None
        return Term(text, "tempo", 1.0 if not words else 0.7, per_minute=per_minute, beat=beat)
    if per_minute is not None:
        mark = f"{beat or '♩'} = {per_minute:g}"
        return Term(f"{found.text} ({mark})", "tempo", found.sure, per_minute=per_minute, beat=beat)
    return found


# "più" as scanners read it before a word that it may stand with
_PIU = re.compile(r"\bp(?:i[tliun]{1,2}|iti|iü|ii|in)(?= (?:moss|lent|viv|all|anim|fort|pian|mod|ten|cal|stre))", re.I)
_BEATS = "𝅝𝅗𝅥♩♪𝅘𝅥𝅯"
QUARTERS = {"𝅝": 4.0, "𝅗𝅥.": 3.0, "𝅗𝅥": 2.0, "♩.": 1.5, "♩": 1.0, "♪.": 0.75, "♪": 0.5}  # in a beat


def _metronome(text: str) -> tuple[str, float | None, str]:
    """The words before a metronome mark, its beats a minute, its note value."""
    mark = re.search(  # whatever the scanner made of its note
        r"[(\[](?:M\.?\s?M\.?)?(?P<beat>[^()\[\]=]{0,6})=\s*(?:c(?:irc)?a?\.?\s*)?(?P<low>\d{2,3})(?:\s*[-–—]\s*(?P<high>\d{2,3}))?\s*[)\]]$",
        text,
    )
    if mark is None:
        mark = re.search(
            rf"(?:^|(?<=\s)|(?=[(\[]))[(\[]?\s*(?:M\.?\s?M\.?\s*)?(?P<beat>(?:[{_BEATS}]+|\S{{0,3}}?)\s?\.?)\s*(?:=|—>|:-)\s*"
            r"(?:c(?:irc)?a?\.?\s*)?(?P<low>\d{2,3})(?:\s*[-–—]\s*(?P<high>\d{2,3}))?\s*[)\]]?\.?$",
            text,
        )
    if mark is None:
        mark = re.search(r"[(\[]?\s*M\.?\s?M\.?\s*(?P<low>\d{2,3})(?P<high>)(?P<beat>)\s*[)\]]?\.?$", text)
    if mark is None:  # its note and what follows were too much for the scanner: "Allegro 4 112)"
        mark = re.search(r"(?<=\w)[\s(\[].{0,5}?(?P<low>\d{2,3})(?P<high>)(?P<beat>)\s*[)\]]\.?$", text)
    if mark is None or not 20 <= int(mark["low"]) <= 400:
        return text, None, ""
    beats = [float(n) for n in (mark["low"], mark["high"]) if n]
    printed = "".join(c for c in mark["beat"] if c in _BEATS or c == ".") if set(mark["beat"]) & set(_BEATS) else ""
    return text[: mark.start()].strip(" ,.;"), sum(beats) / len(beats), printed


def read_jump(text: str) -> Term | None:
    """The jump that a line of words is ("D.C. al Fine", "To Coda"), or None."""
    from rapidfuzz import fuzz

    plain = _plain(text).replace(".", " ")
    plain = re.sub(r"\b([dp]) ?([cs58])\b", lambda m: "d" + m[2].replace("5", "s").replace("8", "s"), plain)
    plain = " ".join(re.sub(r"[^a-z ]", " ", plain.replace("$", " segno ").replace("§", " segno ")).split())
    first, _, after = plain.partition(" ")
    plain = after if first in _BEFORE_JUMPS.split() else plain
    if not plain or len(plain) > 45:
        return None
    if plain in ("coda", "koda"):
        return Term("Coda", "jump", 1.0, jump="coda")
    for pattern, token in _JUMPS:
        head = re.match(rf"{pattern}(?: |$)", plain)
        if head is None:
            continue
        rest = plain[head.end() :].strip()
        until = next(
            (
                goal
                for goal, words in (("coda", r"coda|koda"), ("fine", r"fine|fin|ende|einde|segno"))
                if token in ("dc", "ds") and re.search(rf"\b({words})\b", rest)
            ),
            "",
        )
        sign = token == "tocoda" and len(rest) <= 2  # what the scanner made of the sign beside it
        if not sign and any(word not in _AFTER_JUMPS.split() for word in rest.split()):
            continue
        return Term(_jump_text(token, until), "jump", 1.0, jump=token, until=until)
    for whole in _WHOLE_JUMPS:
        ratio = fuzz.ratio(plain, whole)
        if len(plain) >= 6 and ratio >= 86:
            token = "tocoda" if whole == "to coda" else "ds" if whole.startswith(("ds", "dal")) else "dc"
            until = whole.rpartition(" ")[2] if token != "tocoda" else ""
            return Term(_jump_text(token, until), "jump", ratio / 100, jump=token, until=until)
    return None


def _jump_text(token: str, until: str) -> str:
    head = {"dc": "D.C.", "ds": "D.S.", "fine": "Fine", "tocoda": "To Coda"}[token]
    return f"{head} al {until.capitalize()}" if until else head


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss").replace("ı", "i"))
    return "".join(c for c in text if not unicodedata.combining(c))


@cache
def _dictionary() -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Plain word -> (role, as written), and the words long enough to be recognised in spite of a slip."""
    words: dict[str, tuple[str, str]] = {}
    lists = {"form": _FORMS, "tempo": _TEMPO, "expression": _EXPRESSION, "fill": _FILL, "technique": _TECHNIQUE}
    for role, listed in lists.items():
        for word in listed.split():
            name, own = word.rstrip("*"), "gradual" if word.endswith("*") else role
            words.setdefault(_plain(name), (own, name))
    return words, sorted(word for word in words if len(word) >= 5)


_COMMON = ("cresc", "pizz", "arco", "dolce", "espr")  # printed so often that a letter may be wrong in so few
_NEVER_ALONE = {"fill"}
_SLIPS = 0.855  # how alike a line is at least of which no word is as in the lists
_LONELY = re.compile(r"^[\d.,;:()\[\]\-–—'\"!?&/]+$")


def _line(text: str) -> Term | None:
    """The line with its words set right, without a metronome mark; None where it is no term."""
    good: list[str] = []
    roles: list[str] = []  # "form", "tempo", "gradual", "expression", "technique", "fill"
    known = letters = 0.0
    exact = False
    for printed in text.split():
        if _LONELY.match(printed):
            good.append(printed)
            continue
        role, word, sure = _word(printed)
        good.append(word)
        size = len(printed)
        letters += size
        known += size * sure
        exact |= sure == 1.0
        if role:
            roles.append(role)
    if not letters or known / letters < 0.75 or not set(roles) - _NEVER_ALONE:
        return None
    if not exact and known / letters < _SLIPS:
        return None  # "Testo: Maria Rossi" is not "mesto marcia ossia"
    # "Romance", "Allegro Smith": each unknown word speaks against a term
    if len(roles) < len([w for w in good if not _LONELY.match(w)]) * 0.7:
        return None
    tempo = {"tempo", "form"} & set(roles)
    gradual = not tempo and "gradual" in roles
    if tempo or gradual:
        role_of_line: TermRole = "tempo"
    elif "technique" in roles and roles.index("technique") <= (
        roles.index("expression") if "expression" in roles else 99
    ):
        role_of_line = "technique"
    else:
        role_of_line = "expression"
    form = "form" in roles and set(roles) <= {"form", "fill"}
    return Term(" ".join(good), role_of_line, known / letters, gradual=gradual, form=form)


def _word(printed: str) -> tuple[str, str, float]:
    """Role, the word as it should read, how sure (0 where it is not of the lists)."""
    from rapidfuzz import fuzz, process
    from rapidfuzz.distance import Levenshtein

    words, long = _dictionary()
    core = printed.strip('().,;:[]!"*_—-~ ')
    plain = _plain(core)
    if plain in words:
        return words[plain][0], printed, 1.0
    if all(part in words for part in re.split(r"[-/']", plain)) and len(plain) > 3:
        return words[re.split(r"[-/']", plain)[0]][0], printed, 1.0
    for word in _COMMON if len(plain) >= 4 else ():
        if Levenshtein.distance(plain, word, score_cutoff=1) <= 1:
            return words[word][0], printed.replace(core, word), 0.87
    if len(plain) < 5:
        return "", printed, 0.0
    # the scanner's own slips first: rn for m, 0 for o, 1 and | for l
    evened = plain.replace("0", "o").replace("1", "l").replace("|", "l").replace("!", "l")
    forms = dict.fromkeys((evened, evened.replace("rn", "m"), evened.replace("m", "rn"), evened.replace("vv", "w")))
    best, ratio = next((form for form in forms if form in words), ""), 95.0
    for form in forms if not best else ():
        hit = process.extractOne(form, long, scorer=fuzz.ratio, score_cutoff=80.0)
        if hit and (not best or hit[1] > ratio):
            best, ratio = hit[0], hit[1]
    if not best or abs(len(best) - len(plain)) > 2:
        return "", printed, 0.0
    role, word = words[best]
    word = word.capitalize() if core[:1].isupper() else word
    return role, printed.replace(core, word), ratio / 100
