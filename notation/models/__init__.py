from notation.models.export import Export
from notation.models.score import Revision, Score
from notation.models.song import Book, Song

__all__ = ["Book", "Export", "Revision", "Score", "Song"]
