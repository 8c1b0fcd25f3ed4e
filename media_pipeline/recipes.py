"""The kinds of jobs: every recipe by its name.

A recipe is added by a line in RECIPES. `register` is for tests.
"""

from __future__ import annotations

from media_pipeline.artifacts import BookPlan, Media, Notation, PrintPlan, Table
from media_pipeline.graph import Recipe
from media_pipeline.stages.beats import beats
from media_pipeline.stages.book import book
from media_pipeline.stages.decode import decode
from media_pipeline.stages.derive_parts import derive_parts
from media_pipeline.stages.document import document
from media_pipeline.stages.export import export
from media_pipeline.stages.heads import heads
from media_pipeline.stages.hold_together import hold_together
from media_pipeline.stages.listen import listen
from media_pipeline.stages.metre import metre
from media_pipeline.stages.notes import notes
from media_pipeline.stages.omr import omr
from media_pipeline.stages.originals import originals
from media_pipeline.stages.pages import pages
from media_pipeline.stages.part_book import part_book, sorted_book
from media_pipeline.stages.pitch import pitch
from media_pipeline.stages.print_set import print_scans, print_set
from media_pipeline.stages.quantise import quantise
from media_pipeline.stages.shelf import shelf
from media_pipeline.stages.spell import spell
from media_pipeline.stages.tab import tab
from notation.printing.concert import PrintOrder

GUITAR_TAB = Recipe(
    "guitar-tab",
    "Guitar tab",
    given=(Media,),
    stages=(decode, listen, beats, pitch, notes, metre, quantise, spell, tab, document),
    help="Notes, a score with guitar tab, and files to take along.",
)

READ_PAGES = Recipe(
    "read-pages",
    "Printed music",
    given=(Media,),
    stages=(pages, omr, book),
    help="Scans and PDFs of printed music become notation, a document for each song and part.",
    accepts=(),  # by `manage.py read_pages`; no page starts it yet
)

PART_BOOKS = Recipe(
    "part-books",
    "Part books",
    given=(Media,),
    stages=(pages, omr, part_book, shelf),
    help="Scanned or PDF part books of a band become notation: every song of every book as a score, in one table.",
    accepts=("pdf", "image"),
    button="Read the part books",
    shows="table",
)

PROOF_READING = Recipe(
    "proof-reading",
    "The band’s proof-reading",
    given=(Table,),
    stages=(hold_together,),
    help="The parts of each song are held together: where they disagree, they are mended or listed.",
    accepts=(),
    shows="table",
    quiet=True,
)

DERIVE = Recipe(
    "derived-parts",
    "Derived parts",
    given=(Table,),
    stages=(derive_parts,),
    help="Parts that nobody has are made from those that are there, by the rules that are ticked.",
    accepts=(),
    shows="table",
)

LOOK = Recipe(
    "look",
    "First look at the pages",
    given=(Media,),
    stages=(pages, heads),
    help="Thumbnails of all pages, grouped by instrument and song, to be sorted before they are read.",
    accepts=("pdf", "image"),
    button="Sort the pages",
    shows="pages",
)

SORTED_BOOKS = Recipe(
    "sorted-books",
    "Part books",
    given=(Media, BookPlan),
    stages=(pages, omr, sorted_book, shelf),
    help="Part books become notation as their pages were sorted.",
    accepts=("pdf", "image"),
    shows="table",
)

ORIGINALS = Recipe(
    "originals",
    "Original pages, bound anew",
    given=(Media, PrintPlan),
    stages=(pages, originals),
    help="The pages themselves, cut where songs begin and bound by song, by instrument or both, in one ZIP.",
    accepts=("pdf", "image"),
    shows="file",
)

EXPORT = Recipe(
    "export",
    "File to take along",
    given=(Notation,),
    stages=(export,),
    help="PDF, MusicXML, MIDI, or all of them in a ZIP.",
    accepts=(),
)

PRINT = Recipe(
    "print",
    "Print set",
    given=(PrintOrder,),
    stages=(print_set,),
    help="Part books, conductor scores and song parts in one ZIP.",
    accepts=(),  # by the page of a project's files, or POST /projects/<id>/prints/
    shows="files",
)

PRINT_SCANS = Recipe(
    "print-scans",
    "Print set",
    given=(Media, PrintOrder),
    stages=(pages, print_scans),
    help="The same, with books that were never read as they were scanned.",
    accepts=(),
    shows="files",
)

_ALL = (
    GUITAR_TAB, READ_PAGES, PART_BOOKS, PROOF_READING, DERIVE, LOOK, SORTED_BOOKS, ORIGINALS, EXPORT, PRINT,
    PRINT_SCANS,
)  # fmt: skip
RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}


def register(*recipes: Recipe) -> None:
    """Make recipes known for as long as this process lives."""
    RECIPES.update({recipe.name: recipe for recipe in recipes})


def quiet() -> list[str]:
    """Names of the recipes whose jobs are not listed."""
    return [recipe.name for recipe in RECIPES.values() if recipe.quiet]


def recipes_for(kind: str) -> list[Recipe]:
    """What can be made from one source of this kind (a value of projects.Source.Kind)."""
    return [recipe for recipe in RECIPES.values() if kind in recipe.accepts]
