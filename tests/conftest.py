"""Every test run has its own data folder; Django's settings are read only when a test module needs Django.

Pure tests (score, graph, stages, engrave) import no Django. The environment is set here, before anything reads
config/settings.py, and is inherited by the workers and servers that tests start.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_data = tempfile.mkdtemp(prefix="copyist-tests-")
atexit.register(shutil.rmtree, _data, ignore_errors=True)
os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "COPYIST_TESTING": "1", "COPYIST_DATA": _data}
for _name in ("DATABASE_URL", "REDIS_URL", "STORAGE", "HTTPS", "DEBUG", "SENTRY_DSN"):  # a developer's own shell
    os.environ.pop(_name, None)

from django.conf import settings  # noqa: E402

settings.DATABASES  # noqa: B018 - read now, so that pytest-django sets Django up
