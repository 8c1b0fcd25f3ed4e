from notation.models.arrangement import Arrangement, ArrangementStep
from notation.models.band import Dismissal, RuleSet, SongCheck
from notation.models.change import SongChange
from notation.models.export import Export
from notation.models.printing import Chair, PrintChoice, PrintSet
from notation.models.score import Revision, Score
from notation.models.song import Book, Song

__all__ = [
    "Arrangement",
    "ArrangementStep",
    "Book",
    "Chair",
    "Dismissal",
    "Export",
    "PrintChoice",
    "PrintSet",
    "Revision",
    "RuleSet",
    "Score",
    "Song",
    "SongChange",
    "SongCheck",
]
