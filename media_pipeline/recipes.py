"""The kinds of jobs: every recipe by its name.

A recipe is added by a line in RECIPES. `register` is for tests.
"""

from __future__ import annotations

from media_pipeline.artifacts import Media, Notation
from media_pipeline.graph import Recipe
from media_pipeline.stages.beats import beats
from media_pipeline.stages.book import book
from media_pipeline.stages.decode import decode
from media_pipeline.stages.document import document
from media_pipeline.stages.export import export
from media_pipeline.stages.listen import listen
from media_pipeline.stages.metre import metre
from media_pipeline.stages.notes import notes
from media_pipeline.stages.omr import omr
from media_pipeline.stages.pages import pages
from media_pipeline.stages.part_book import part_book
from media_pipeline.stages.pitch import pitch
from media_pipeline.stages.quantise import quantise
from media_pipeline.stages.shelf import shelf
from media_pipeline.stages.spell import spell
from media_pipeline.stages.tab import tab

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

EXPORT = Recipe(
    "export",
    "File to take along",
    given=(Notation,),
    stages=(export,),
    help="PDF, MusicXML, MIDI, or all of them in a ZIP.",
    accepts=(),
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in (GUITAR_TAB, READ_PAGES, PART_BOOKS, EXPORT)}


def register(*recipes: Recipe) -> None:
    """Make recipes known for as long as this process lives."""
    RECIPES.update({recipe.name: recipe for recipe in recipes})


def recipes_for(kind: str) -> list[Recipe]:
    """What can be made from one source of this kind (a value of projects.Source.Kind)."""
    return [recipe for recipe in RECIPES.values() if kind in recipe.accepts]
