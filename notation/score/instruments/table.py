"""The table of instruments: bands, orchestras and schools. A row is what all players of an instrument share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["woodwind", "brass", "percussion", "keyboard", "plucked", "voice", "strings", "none"]
TREBLE, BASS, ALTO, TENOR, DRUMS = "clef.G2", "clef.F4", "clef.C3", "clef.C4", "clef.perc"

# pitch -> (step above C, semitones above C)
PITCHES = {
    "C": (0, 0), "Db": (1, 1), "D": (1, 2), "Eb": (2, 3), "E": (2, 4), "F": (3, 5), "G": (4, 7), "Ab": (5, 8),
    "A": (5, 9), "Bb": (6, 10), "B": (6, 11),
}  # fmt: skip


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
    Kind("soprano-cornet", "Soprano Cornet", "brass", 57, 57, 86, (TREBLE,),
         "soprano cornet, sopran kornett, sopranokornett, cornet soprano, cornetta soprano, corneta soprano", "sop cnt",
         pitch="Eb", top=3),
    Kind("cornet", "Cornet", "brass", 57, 52, 84, (TREBLE,),
         "cornet, cornets, repiano cornet, repiano, solo cornet, "
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
    Kind("alto", "Alto voice", "voice", 53, 53, 77, (TREBLE,),
         "alto voice, alto, alt, altstimme, contralto, altos"),
    Kind("tenor", "Tenor", "voice", 53, 48, 72, ("clef.G2-8", TREBLE, BASS), "tenor, ténor, tenore, tenöre", "ten"),
    Kind("bass", "Bass voice", "voice", 53, 40, 64, (BASS,), "bass voice, bassstimme"),
    Kind("choir", "Choir", "voice", 53, 40, 84, (TREBLE, BASS), "choir, chorus, chor, choeur, coro, koor", ""),
    Kind("score", "Score", "none", 1, 0, 127, (TREBLE, BASS),
         "score, full score, conductor, conductor score, partitur, direktion, direktionsstimme, particell, conducteur, "
         "partition, partitura, direttore, directie, partituur, condensed score", "cond, dir"),
)
# fmt: on
BY_KEY = {kind.key: kind for kind in KINDS}
