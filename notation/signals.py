"""What notation does when something happens elsewhere: files open, rows that go take their files along."""

from __future__ import annotations

import logging
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete

from notation.models import Book, Export, PrintSet, Revision
from projects.models import Source
from projects.signals import source_added

log = logging.getLogger(__name__)


def connect() -> None:
    source_added.connect(_source_added, dispatch_uid="notation.open")
    post_delete.connect(_revision_gone, sender=Revision, dispatch_uid="notation.revision_gone")
    post_delete.connect(_book_gone, sender=Book, dispatch_uid="notation.book_gone")
    post_delete.connect(_export_gone, sender=Export, dispatch_uid="notation.export_gone")
    post_delete.connect(_export_gone, sender=PrintSet, dispatch_uid="notation.print_set_gone")


def _source_added(sender: Any, source: Source, **kwargs: Any) -> None:
    from notation.services import open_notation

    try:
        open_notation(source)
    except Exception:  # a reader that stumbles must not undo the upload
        log.exception("could not open source %s", source.pk)
        source.problem = "This file could not be opened as a score. It is kept."
        source.save(update_fields=["problem"])


def _revision_gone(sender: Any, instance: Revision, **kwargs: Any) -> None:
    _forget(instance.document.name)


def _book_gone(sender: Any, instance: Book, **kwargs: Any) -> None:
    _forget(instance.report.name)


def _export_gone(sender: Any, instance: Export | PrintSet, **kwargs: Any) -> None:
    _forget(instance.file.name)


def _forget(name: str | None) -> None:
    if name:
        transaction.on_commit(lambda: default_storage.delete(name))
