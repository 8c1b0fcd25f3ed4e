"""The music font for librsvg."""

from __future__ import annotations

import subprocess
import sys


def test_asking_for_it_in_a_thread_leaves_verovio_working() -> None:
    """Verovio tells where its data lie to the thread that imports it first, and to no other."""
    code = (
        "import threading; from notation.engrave import fonts\n"
        "thread = threading.Thread(target=fonts.environment); thread.start(); thread.join()\n"
        "assert 'FONTCONFIG_FILE' in fonts.environment()\n"
        "import verovio; assert verovio.toolkit().loadData('@clef:G-2\\n@data:4CDEF')"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
