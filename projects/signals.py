"""News from projects, for the apps above. All but `project_purging` are sent after the transaction has ended.

source_added     source     a file is in a project (notation opens MusicXML and MIDI)
source_removing  source     inside the transaction, before its row goes
project_trashed  project    its jobs should stop
project_purging  project    inside the transaction, before the rows go; remove files in transaction.on_commit
"""

from __future__ import annotations

from django.dispatch import Signal

source_added = Signal()
source_removing = Signal()
project_trashed = Signal()
project_purging = Signal()
