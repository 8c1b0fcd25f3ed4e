"""E-mail to the console and a folder, where no mail server is configured."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.console import EmailBackend as Console
from django.core.mail.backends.filebased import EmailBackend as Folder


class ConsoleAndFolder(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        Folder().send_messages(email_messages)
        return Console().send_messages(email_messages) or 0
