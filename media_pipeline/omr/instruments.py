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
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import Literal

Family = Literal["woodwind", "brass", "percussion", "keyboard", "plucked", "voice", "strings", "none"]
TREBLE, BASS, ALTO, TENOR, DRUMS = "clef.G2", "clef.F4", "clef.C3", "clef.C4", "clef.perc"

# pitch -> (step above C, semitones above C)
PITCHES = {
    "C": (0, 0), "Db": (1, 1), "D": (1, 2), "Eb": (2, 3), "E": (2, 4), "F": (3, 5), "G": (4, 7), "Ab": (5, 8),
    "A": (5, 9), "Bb": (6, 10), "B": (6, 11),
}  # fmt: skip


@dataclass(frozen=True)
class Transposition:
    """From written to sounding pitch, as MusicXML's <transpose> has it: `octaves` come on top of the other two."""

    diatonic: int = 0
    chromatic: int = 0
    octaves: int = 0

    @property
    def semitones(self) -> int:
        return self.chromatic + 12 * self.octaves


@dataclass(frozen=True)
class Kind:
    """A row of the table."""

    key: str
    name: str
    family: Family
    program: int  # of General MIDI, 1 to 128; percussion without pitch has 1 and plays on channel 10
    lowest: int  # sounding MIDI numbers of what players of a good amateur band reach
    highest: int
    clefs: tuple[str, ...]  # usual ones, the most usual first
    names: str  # full names, separated by commas; a slip of the scanner is forgiven in those of five letters and more
    short: str = ""  # abbreviations, exact ones only
    pitch: str = "C"  # it is built in, where the heading names none
    top: int = 0  # semitones: of the transpositions to a pitch, which lie an octave apart, the highest one up to this
    low_brass: bool = False  # the pitch transposes in treble clef only; in bass clef it is written as it sounds
    pitched: bool = True


# fmt: off
KINDS: tuple[Kind, ...] = (
    # woodwind
    Kind("piccolo", "Piccolo", "woodwind", 73, 74, 108, (TREBLE,),
         "piccolo, piccolo flute, pikkolo, piccoloflöte, pikkoloflöte, kleine flöte, petite flûte, flauto piccolo, "
         "ottavino, flautín, piccolofluit", "picc, pic, ott, kl fl", top=13),
    Kind("flute", "Flute", "woodwind", 74, 59, 98, (TREBLE,),
         "flute, flutes, concert flute, c flute, flöte, flöten, querflöte, grosse flöte, flûte, flûtes, grande flûte, "
         "flauto, flauti, flauta, fluit, dwarsfluit, flauto traverso, traverso", "fl, flt, gr fl, qfl, ft", top=5),
    Kind("alto-flute", "Alto Flute", "woodwind", 74, 55, 91, (TREBLE,),
         "alto flute, altflöte, flûte alto, flûte en sol, flauto contralto, flauta alto, altfluit", "a fl, afl",
         pitch="G", top=-1),
    Kind("bass-flute", "Bass Flute", "woodwind", 74, 48, 84, (TREBLE,),
         "bass flute, bassflöte, flûte basse, flauto basso", "b fl", top=-12),
    Kind("recorder", "Recorder", "woodwind", 75, 72, 98, (TREBLE,),
         "recorder, soprano recorder, descant recorder, blockflöte, sopranblockflöte, flûte à bec, "
         "flûte à bec soprano, flauto dolce, flauta dulce, blokfluit, sopraanblokfluit", "rec, blfl, sbl", top=12),
    Kind("alto-recorder", "Alto Recorder", "woodwind", 75, 65, 91, (TREBLE,),
         "alto recorder, treble recorder, altblockflöte, flûte à bec alto, flauto dolce contralto, altblokfluit",
         "abl"),
    Kind("tenor-recorder", "Tenor Recorder", "woodwind", 75, 60, 86, (TREBLE,),
         "tenor recorder, tenorblockflöte, flûte à bec ténor, tenorblokfluit", "tbl"),
    Kind("bass-recorder", "Bass Recorder", "woodwind", 75, 53, 79, (BASS, TREBLE),
         "bass recorder, bassblockflöte, flûte à bec basse, basblokfluit", top=12),
    Kind("oboe", "Oboe", "woodwind", 69, 58, 91, (TREBLE,),
         "oboe, oboes, oboen, hautbois, oboi, hoboe, hobo, oboé", "ob, hb, htb"),
    Kind("oboe-d-amore", "Oboe d'amore", "woodwind", 69, 55, 88, (TREBLE,),
         "oboe d amore, hautbois d amour, liebesoboe", "ob d am", pitch="A", top=-1),
    Kind("english-horn", "English Horn", "woodwind", 70, 52, 81, (TREBLE,),
         "english horn, cor anglais, englischhorn, englisch horn, corno inglese, corno inglés, althobo",
         "e h, eng hn, c a, c ingl, engl hr, ca, ehrn", pitch="F", top=-1),
    Kind("bassoon", "Bassoon", "woodwind", 71, 34, 76, (BASS, TENOR),
         "bassoon, bassoons, fagott, fagotte, basson, bassons, fagotto, fagotti, fagot", "bsn, bn, fg, fag, bssn"),
    Kind("contrabassoon", "Contrabassoon", "woodwind", 71, 22, 58, (BASS,),
         "contrabassoon, double bassoon, kontrafagott, contrebasson, controfagotto, contrafagot, contrafagotto",
         "cbsn, c bn, kfg, cfg", top=-12),
    Kind("clarinet", "Clarinet", "woodwind", 72, 50, 94, (TREBLE,),
         "clarinet, clarinets, soprano clarinet, klarinette, klarinetten, clarinette, clarinettes, clarinetto, "
         "clarinetti, clarinete, klarinet, petite clarinette, clarinetto piccolo, requinto, clarone",
         "cl, clar, kl, klar, clt, clr, clte, clari", pitch="Bb", top=5),
    Kind("alto-clarinet", "Alto Clarinet", "woodwind", 72, 43, 82, (TREBLE,),
         "alto clarinet, altklarinette, clarinette alto, clarinetto contralto, clarinete alto, altklarinet",
         "a cl, acl, alto cl", pitch="Eb", top=-1),
    Kind("basset-horn", "Basset Horn", "woodwind", 72, 41, 84, (TREBLE,),
         "basset horn, bassetthorn, cor de basset, corno di bassetto", "bhn, basshr", pitch="F", top=-1),
    Kind("bass-clarinet", "Bass Clarinet", "woodwind", 72, 34, 77, (TREBLE, BASS),
         "bass clarinet, bassklarinette, clarinette basse, clarinetto basso, clarinete bajo, basklarinet",
         "b cl, bcl, bkl, bass cl, cl b, b kl", pitch="Bb", top=-13),
    Kind("contra-alto-clarinet", "Contra-alto Clarinet", "woodwind", 72, 27, 65, (TREBLE,),
         "contra alto clarinet, contralto clarinet, kontraaltklarinette, contra alto klarinette",
         "ca cl", pitch="Eb", top=-13),
    Kind("contrabass-clarinet", "Contrabass Clarinet", "woodwind", 72, 22, 65, (TREBLE, BASS),
         "contrabass clarinet, kontrabassklarinette, clarinette contrebasse, clarinetto contrabbasso", "cb cl",
         pitch="Bb", top=-25),
    Kind("sopranino-saxophone", "Sopranino Saxophone", "woodwind", 65, 61, 92, (TREBLE,),
         "sopranino saxophone, sopranino sax, sopraninosaxophon", "sno sax", pitch="Eb", top=3),
    Kind("soprano-saxophone", "Soprano Saxophone", "woodwind", 65, 56, 88, (TREBLE,),
         "soprano saxophone, soprano sax, sopransaxophon, sopransaxofon, saxophone soprano, sassofono soprano, "
         "sax soprano, saxo soprano, saxofón soprano, sopraansaxofoon, sopraansax, sopransax",
         "s sax, ssax, ssx, sop sax",
         pitch="Bb", top=-1),
    Kind("alto-saxophone", "Alto Saxophone", "woodwind", 66, 49, 81, (TREBLE,),
         "alto saxophone, alto sax, altsaxophon, altsaxofon, saxophone alto, saxophone, saxophon, sassofono contralto, "
         "sassofono alto, sax alto, sax contralto, saxo alto, saxofón alto, altsaxofoon, altsax, saxofoon, sax",
         "a sax, asax, asx, as, alt sax", pitch="Eb", top=-1),
    Kind("tenor-saxophone", "Tenor Saxophone", "woodwind", 67, 44, 76, (TREBLE,),
         "tenor saxophone, tenor sax, tenorsaxophon, tenorsaxofon, saxophone ténor, sassofono tenore, sax tenore, "
         "sax tenor, saxo tenor, saxofón tenor, tenorsaxofoon, tenorsax", "t sax, tsax, tsx, ten sax",
         pitch="Bb", top=-13),
    Kind("baritone-saxophone", "Baritone Saxophone", "woodwind", 68, 36, 69, (TREBLE,),
         "baritone saxophone, baritone sax, baritonsaxophon, baritonsaxofon, saxophone baryton, sassofono baritono, "
         "sax baritono, saxo barítono, saxofón barítono, baritonsaxofoon, baritonsax", "b sax, bsax, bsx, bari sax",
         pitch="Eb", top=-13),
    Kind("bass-saxophone", "Bass Saxophone", "woodwind", 68, 32, 64, (TREBLE,),
         "bass saxophone, bass sax, basssaxophon, saxophone basse, sassofono basso", "", pitch="Bb", top=-25),
    # brass
    Kind("horn", "Horn", "brass", 61, 34, 77, (TREBLE, BASS),
         "horn, horns, french horn, waldhorn, hörner, cor, cors, cor d harmonie, cor à pistons, corno, corni, trompa, "
         "trompas, hoorn", "hn, hr, cr, hrn, f hn, cor", pitch="F", top=-1),
    Kind("trumpet", "Trumpet", "brass", 57, 52, 84, (TREBLE,),
         "trumpet, trumpets, trompete, trompeten, trompette, trompettes, tromba, trombe, trompeta, trompet, clarino",
         "tpt, trp, tr, trpt, tp, trmp, ptr, tbe", pitch="Bb", top=6),
    Kind("cornet", "Cornet", "brass", 57, 52, 84, (TREBLE,),
         "cornet, cornets, soprano cornet, repiano cornet, repiano, solo cornet, "
         "kornett, cornet à pistons, cornetta, corneta, kornet, piston, pistons",
         "cnt, crt, corn, ct, ctt, korn", pitch="Bb", top=3),
    Kind("flugelhorn", "Flugelhorn", "brass", 57, 52, 82, (TREBLE,),
         "flugelhorn, flügelhorn, flugel, bugle, bugel, flicorno, flicorno soprano, fliscorno, flugelhoorn",
         "flg, flgh, flghn, flh, flüg, flhn", pitch="Bb", top=3),
    Kind("alto-horn", "Tenor Horn (alto horn)", "brass", 61, 45, 75, (TREBLE,),
         "alto horn, althorn, tenor horn, saxhorn alto, flicorno contralto, es horn, alto hoorn, althoorn, "
         "bombardino alto",
         "alth, a hn, t hn", pitch="Eb", top=-1),
    Kind("tenorhorn", "Tenorhorn", "brass", 58, 40, 70, (TREBLE, BASS),
         "tenorhorn, saxhorn ténor, flicorno tenore, tenorhoorn", "tnh, tenh, thrn, thr",
         pitch="Bb", top=-13, low_brass=True),
    Kind("baritone", "Baritone", "brass", 58, 40, 72, (BASS, TREBLE),
         "baritone, bariton, baritonhorn, baritone horn, saxhorn baryton, baryton, bombardino, flicorno baritono, "
         "saxhorn basse", "bar, bari, brt, bart", pitch="Bb", top=-13, low_brass=True),
    Kind("euphonium", "Euphonium", "brass", 58, 34, 74, (BASS, TREBLE),
         "euphonium, euphoniums, eufonio, eufonium, euphonion, eufonia, flicorno basso, bombardino bajo",
         "euph, eup, eu",
         pitch="Bb", top=-13, low_brass=True),
    Kind("trombone", "Trombone", "brass", 58, 34, 74, (BASS, TENOR, TREBLE),
         "trombone, trombones, tenor trombone, posaune, posaunen, tenorposaune, tromboni, trombón, trombon, "
         "schuiftrombone, "
         "alto trombone, altposaune", "tbn, trb, pos, tb, trbn, tne, trbne, tbne, trbs",
         pitch="Bb", top=-13, low_brass=True),
    Kind("bass-trombone", "Bass Trombone", "brass", 58, 26, 68, (BASS,),
         "bass trombone, bassposaune, trombone basse, trombone basso, trombón bajo, bastrombone",
         "b tbn, btbn, bpos, b pos, bass tbn", pitch="Bb", top=-13, low_brass=True),
    Kind("tuba", "Tuba", "brass", 59, 24, 62, (BASS, TREBLE),
         "tuba, tubas, tuben, basstuba, bass tuba, kontrabasstuba, bombardon, basse tuba, tuba bassa, "
         "contrebasse à vent, "
         "sousaphone, sousaphon, helikon, flicorno basso grave, basse à pistons, brass bass, basses", "tb, tba, bt",
         pitch="Bb", top=-15, low_brass=True),
    # percussion and keyboards
    Kind("timpani", "Timpani", "percussion", 48, 36, 57, (BASS,),
         "timpani, kettledrums, pauken, pauke, timbales d orchestre, timpano, timbales, pauk", "timp, pk, pkn, tmp"),
    Kind("glockenspiel", "Glockenspiel", "percussion", 10, 79, 108, (TREBLE,),
         "glockenspiel, orchestra bells, bells, carillon, campanelli, lyra, stabspiel, stabspiele, klokkenspel, "
         "jeu de timbres",
         "glsp, glock, gls, mallets", top=24),
    Kind("xylophone", "Xylophone", "percussion", 14, 65, 108, (TREBLE,),
         "xylophone, xylophon, xilofono, silofono, xilófono, xylofoon", "xyl, xylo", top=12),
    Kind("marimba", "Marimba", "percussion", 13, 36, 96, (TREBLE, BASS),
         "marimba, marimbaphone, marimbaphon", "mar, mrb"),
    Kind("vibraphone", "Vibraphone", "percussion", 12, 53, 89, (TREBLE,),
         "vibraphone, vibraphon, vibrafono, vibráfono, vibrafoon", "vib, vibes"),
    Kind("tubular-bells", "Tubular Bells", "percussion", 15, 60, 77, (TREBLE,),
         "tubular bells, chimes, röhrenglocken, glocken, cloches, campane, campanas, campane tubolari",
         "t b, chm, tub bells"),
    Kind("drum-set", "Drum Set", "percussion", 1, 0, 127, (DRUMS, BASS),
         "drum set, drumset, drums, drum kit, schlagzeug, batterie, batteria, batería, kombischlagzeug, drumstel",
         "dr, drs, schlgz, schlz, d s, slgz", pitched=False),
    Kind("percussion", "Percussion", "percussion", 1, 0, 127, (DRUMS, BASS),
         "percussion, perkussion, percussions, percussioni, percusión, slagwerk, schlagwerk, auxiliary percussion",
         "perc, slw, schlw", pitched=False),
    Kind("snare-drum", "Snare Drum", "percussion", 1, 0, 127, (DRUMS, BASS),
         "snare drum, snare, side drum, kleine trommel, caisse claire, tambour, tamburo, tamburo militare, caja, "
         "kleine trom, military drum, marschtrommel", "s d, sn dr, kl tr, sd, c cl, kltr", pitched=False),
    Kind("bass-drum", "Bass Drum", "percussion", 1, 0, 127, (DRUMS, BASS),
         "bass drum, grosse trommel, grosse caisse, gran cassa, grancassa, bombo, grote trom",
         "b d, bd, gr tr, g c, b dr", pitched=False),
    Kind("cymbals", "Cymbals", "percussion", 1, 0, 127, (DRUMS, BASS),
         "cymbals, cymbal, crash cymbals, becken, cymbales, piatti, platillos, bekkens, suspended cymbal",
         "cym, bck, ptti",
         pitched=False),
    Kind("triangle", "Triangle", "percussion", 1, 0, 127, (DRUMS, TREBLE),
         "triangle, triangel, triangolo, triángulo", "trgl, tri",
         pitched=False),
    Kind("tambourine", "Tambourine", "percussion", 1, 0, 127, (DRUMS, TREBLE),
         "tambourine, tamburin, schellentrommel, tambour de basque, tamburello, pandereta, tamboerijn", "tamb",
         pitched=False),
    Kind("piano", "Piano", "keyboard", 1, 21, 108, (TREBLE, BASS),
         "piano, klavier, pianoforte, fortepiano, piano conductor, piano direktion, clavier", "pno, pf, klav, pfte"),
    Kind("keyboard", "Keyboard", "keyboard", 5, 21, 108, (TREBLE, BASS),
         "keyboard, keyboards, synthesizer, synth, clavier électronique, tastiera, teclado", "keyb, kbd"),
    Kind("organ", "Organ", "keyboard", 20, 36, 96, (TREBLE, BASS), "organ, orgel, orgue, organo, órgano", "org"),
    Kind("harpsichord", "Harpsichord", "keyboard", 7, 29, 89, (TREBLE, BASS),
         "harpsichord, cembalo, clavecin, clavicembalo, clave, klavecimbel, basso continuo, continuo",
         "hpsd, cemb, b c"),
    Kind("celesta", "Celesta", "keyboard", 9, 60, 108, (TREBLE, BASS), "celesta, celeste", "cel", top=12),
    Kind("accordion", "Accordion", "keyboard", 22, 41, 105, (TREBLE, BASS),
         "accordion, akkordeon, accordéon, fisarmonica, acordeón, accordeon", "acc, akk"),
    # plucked
    Kind("harp", "Harp", "plucked", 47, 23, 103, (TREBLE, BASS), "harp, harfe, harpe, arpa", "hp, hrf, hpe"),
    Kind("guitar", "Guitar", "plucked", 25, 40, 88, (TREBLE,),
         "guitar, acoustic guitar, classical guitar, gitarre, guitare, chitarra, guitarra, gitaar",
         "gtr, git, guit, chit",
         top=-12),
    Kind("electric-guitar", "Electric Guitar", "plucked", 28, 40, 88, (TREBLE,),
         "electric guitar, e gitarre, elektrogitarre, guitare électrique, chitarra elettrica, guitarra eléctrica",
         "e gtr, el gtr, e git", top=-12),
    Kind("bass-guitar", "Bass Guitar", "plucked", 34, 28, 67, (BASS,),
         "bass guitar, electric bass, e bass, elektrobass, bassgitarre, guitare basse, basse électrique, "
         "basso elettrico, bajo eléctrico, basgitaar", "b gtr, e b, el bass", top=-12),
    Kind("ukulele", "Ukulele", "plucked", 25, 60, 84, (TREBLE,), "ukulele, ukelele", "uke"),
    Kind("mandolin", "Mandolin", "plucked", 26, 55, 93, (TREBLE,), "mandolin, mandoline, mandolino, mandolina", "mand"),
    # strings
    Kind("violin", "Violin", "strings", 41, 55, 103, (TREBLE,),
         "violin, violins, violine, violinen, geige, violon, violons, violino, violini, violín, viool, fiddle",
         "vl, vln, vn, vno, vni, viol, von, vlns"),
    Kind("viola", "Viola", "strings", 42, 48, 91, (ALTO, TREBLE),
         "viola, violas, bratsche, bratschen, alto, altos, viole, altviool", "vla, va, br, vle, vlas"),
    Kind("cello", "Violoncello", "strings", 43, 36, 81, (BASS, TENOR, TREBLE),
         "cello, celli, cellos, violoncello, violoncelli, violoncelle, violoncelles, violonchelo, chelo, "
         "violoncello e basso, violoncello e contrabbasso", "vc, vlc, vcl, vcello, vlle, clo"),
    Kind("double-bass", "Double Bass", "strings", 44, 28, 67, (BASS,),
         "double bass, contrabass, string bass, upright bass, kontrabass, contrebasse, contrebasses, contrabbasso, "
         "contrabbassi, contrabajo, contrabas, basso, bass, basse, bassi, bässe, bajo",
         "cb, kb, db, d b, ctb, st bass",
         top=-12),
    # voices
    Kind("voice", "Voice", "voice", 53, 48, 84, (TREBLE, BASS),
         "voice, vocal, vocals, singstimme, gesang, stimme, voix, chant, voce, canto, voz, zang, lead vocal", "voc"),
    Kind("soprano", "Soprano", "voice", 53, 60, 84, (TREBLE,), "soprano, sopran, soprani, sopraan", "sop"),
    Kind("alto", "Alto", "voice", 53, 53, 77, (TREBLE,), "alto, alt, altstimme, contralto, altos", ""),
    Kind("tenor", "Tenor", "voice", 53, 48, 72, ("clef.G2-8", TREBLE, BASS), "tenor, ténor, tenore, tenöre", "ten"),
    Kind("bass", "Bass (voice)", "voice", 53, 40, 64, (BASS,), "bass voice, bassstimme"),
    Kind("choir", "Choir", "voice", 53, 40, 84, (TREBLE, BASS), "choir, chorus, chor, choeur, coro, koor", ""),
    Kind("score", "Score", "none", 1, 0, 127, (TREBLE, BASS),
         "score, full score, conductor, conductor score, partitur, direktion, direktionsstimme, particell, conducteur, "
         "partition, partitura, direttore, directie, partituur, condensed score", "cond, dir"),
)
# fmt: on
_BY_KEY = {kind.key: kind for kind in KINDS}


@dataclass(frozen=True)
class Instrument:
    kind: Kind
    pitch: str  # "Bb"; the kind's own where the heading names none
    numbers: tuple[int, ...] = ()  # desks: (1,), (1, 2) for "Horn 1 & 2", () where none is named
    clef: str = ""  # named in words: "T.C.", "Bassschlüssel"
    octaves: int = 0  # "basso": an octave lower than usual
    pitch_named: bool = False
    sure: float = 1.0  # 0..1, below 1 where a slip was forgiven

    @property
    def key(self) -> str:
        return self.kind.key

    @property
    def number(self) -> int | None:
        return self.numbers[0] if self.numbers else None

    @property
    def name(self) -> str:
        """For people: "Clarinet in A 2", "Baritone (treble clef)"."""
        words = self.kind.name
        if self.pitch != self.kind.pitch:
            words += f" in {self.pitch.replace('b', '♭')}"
        if self.numbers:
            words += " " + "/".join(map(str, self.numbers))
        if self.kind.low_brass and self.clef == TREBLE:
            words += " (treble clef)"
        return words

    def transposition(self, clef: str = "") -> Transposition:
        """From written to sounding pitch, in `clef` where the page shows one.

        Low brass sounds as written in bass and tenor clef, whatever pitch it is built in. In treble clef it transposes.
        Where neither page nor heading tells the clef, a pitch named in the heading means treble clef.
        """
        clef = clef or self.clef
        if self.kind.low_brass:
            if self.pitch == "C" or (clef != TREBLE if clef else not self.pitch_named and self.kind.clefs[0] != TREBLE):
                return Transposition()
        elif self.key == "bass-clarinet" and clef == BASS:  # the German way: a tone, not a ninth
            return Transposition(-1, -2, 0)
        elif self.key == "bass-recorder" and clef == TREBLE:
            return Transposition()
        return to_pitch(self.pitch, self.kind.top + 12 * self.octaves)


def to_pitch(pitch: str, top: int) -> Transposition:
    """The highest transposition that makes a written C sound as `pitch` and is not above `top` semitones."""
    step, semitones = PITCHES[pitch]
    up = (top - semitones) // 12  # octaves
    diatonic, chromatic = step + 7 * up, semitones + 12 * up
    octaves = int(chromatic / 12)  # towards zero, as <octave-change> is used
    return Transposition(diatonic - 7 * octaves, chromatic - 12 * octaves, octaves)


def of_kind(key: str) -> Instrument:
    """An instrument that no heading names, by its row of the table. KeyError where there is none."""
    return Instrument(_BY_KEY[key], _BY_KEY[key].pitch, sure=0.5)


def unnamed(clef: str) -> Instrument:
    """For a book that does not say whose it is: "Treble clef part"."""
    clef = clef or TREBLE
    names = {"G": "Treble", "F": "Bass", "C": "C", "p": "Percussion"}
    name = f"{names[clef.removeprefix('clef.')[0]]} clef part"
    pitched = clef != DRUMS
    return Instrument(Kind("part", name, "none", 1, 21, 108, (clef,), "", pitched=pitched), "C", sure=0.0)


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
                kind = _BY_KEY["tuba"]
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
