"""Ports of this machine for servers that tests start."""

from __future__ import annotations

import random
import socket

# Below what Linux, macOS and Windows give to outgoing connections: one of those could take a port that was free just
# now, in the seconds that a server needs before it listens.
RANGE = range(20_000, 32_768)


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens, and which no connection will be given meanwhile."""
    for port in random.sample(RANGE, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"of 100 ports between {RANGE.start} and {RANGE.stop} none was free")
