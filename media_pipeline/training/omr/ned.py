"""OMR-NED, the public metric of optical music recognition, of a part that was read.

The normalised edit distance of two scores as they are notated: edits to symbols in both, 0 is best ("Sheet Music
Benchmark: Standardized Optical Music Recognition Evaluation", arXiv:2506.10488). The package musicdiff (MIT) measures
it; it is asked as a command, with a limit in time, and only here.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path


class Unmeasured(Exception):
    """OMR-NED could not be measured; says why."""


def measure(read: Path, truth: Path, *, seconds: float) -> float:
    """OMR-NED of two MusicXML files. Raises Unmeasured."""
    if importlib.util.find_spec("musicdiff") is None:
        raise Unmeasured("musicdiff is not installed (pip install musicdiff)")
    command = [sys.executable, "-m", "musicdiff", "-o", "omrned", "--", str(read), str(truth)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise Unmeasured(f"musicdiff took longer than {seconds:.0f} s") from None
    try:
        return float(json.loads(done.stdout[done.stdout.index("{") :])["OMR-NED"])
    except (ValueError, KeyError):
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise Unmeasured(f"musicdiff failed: {last}") from None
