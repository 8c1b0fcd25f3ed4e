"""News about people, and questions that only the apps above can answer.

Every receiver gets `user`. What it returns:
    storage_asked    bytes of files that count against her storage (an int)
    footprint_asked  what she would lose with the account: a list of (count, "score", "scores")
    person_leaving   nothing; sent inside the transaction that deletes her, before the rows go.
                     Remove files in transaction.on_commit.
"""

from __future__ import annotations

from django.dispatch import Signal

storage_asked = Signal()
footprint_asked = Signal()
person_leaving = Signal()
