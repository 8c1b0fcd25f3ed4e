"""Lattices with known content: token sequences, with alternatives where the network would hesitate."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from media_pipeline.omr.lattice import Lattice, compress
from media_pipeline.omr.tokens import vocabulary

VOCABULARY = tuple(vocabulary())
Choice = str | dict[str, float]  # a token, or tokens with their probabilities; "" is "nothing there"


def lattice(line: str | Sequence[Choice], *, sure: float = 0.98) -> Lattice:
    """A token on every other frame; a blank frame after each. A plain token is seen with probability `sure`."""
    choices: Sequence[Choice] = line.split() if isinstance(line, str) else line
    rows = np.full((2 * len(choices) + 1, len(VOCABULARY)), math.log(1e-7), np.float32)
    rows[:, 0] = math.log(1 - 1e-5)
    for index, choice in enumerate(choices):
        chances = {choice: sure, "": 1 - sure} if isinstance(choice, str) else choice
        row = rows[2 * index + 1]
        row[0] = math.log(1e-6)
        for token, chance in chances.items():
            row[VOCABULARY.index(token) if token else 0] = math.log(max(chance, 1e-6))
    return compress(rows, VOCABULARY)


def ids(tokens: str) -> list[int]:
    return [VOCABULARY.index(token) for token in tokens.split()]
