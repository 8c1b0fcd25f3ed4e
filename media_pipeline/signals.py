"""News from the machine room.

job_ended   job   done, failed or cancelled; sent after the transaction that ended it
"""

from __future__ import annotations

from django.dispatch import Signal

job_ended = Signal()
