"""How static files are stored: named by their content, compressed once, imports between our modules rewritten too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_imports = HashedFilesMixin._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]


class Static(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    # Only our own modules: what others bundled imports names that are no files.
    patterns = (*HashedFilesMixin.patterns, ("js/*.js", _imports))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._urls: dict[tuple[str | None, bool, bool], str] = {}

    def stored_name(self, name: str) -> str:
        """A file that was not collected keeps its name: a missing picture must not take a page down."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name

    def url(self, name: str | None, force: bool = False) -> str:
        """A page names forty files, and none of them changes while we run."""
        key = (name, force, settings.DEBUG)
        if key not in self._urls:
            self._urls[key] = str(super().url(name, force))
        return self._urls[key]

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """All but the API page's megabytes: few read it, and brotli takes a minute over them."""
        yield from super().compress_files(path for path in paths if not path.startswith("drf_spectacular_sidecar/"))


class Files(StaticFilesConfig):
    """What packages bring and no page asks for is not collected."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        *("*.js.map", "*.d.ts", "*.txt", "*.md", "rest_framework", "redoc", "swagger-ui-es-*", "swagger-ui.js"),
        # alphaTab.min.mjs imports its core, worker and worklet by the names without "min"
        *("alphaTab.js", "alphaTab.min.js", "alphaTab.mjs", "alphaTab.*.min.mjs", "alphaTab.v*", "alphaTab.web*"),
        *("Bravura.eot", "Bravura.otf", "Bravura.svg", "*.sf2"),
    ]
