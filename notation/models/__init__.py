from notation.models.export import Export
from notation.models.score import Revision, Score

__all__ = ["Export", "Revision", "Score"]
