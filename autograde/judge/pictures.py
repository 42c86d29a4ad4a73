"""What a small picture beside the reasons shows: a class's numbers over whole runs, and the right
ones. No mark depends on it. `pages.pictures` draws it."""

from dataclasses import dataclass

import numpy as np

FEWEST = 1e-6  # of what counts as another number, or as following
Picture = dict  # plain data, with "kind": "steps" or "influence", as pages.pictures reads it


@dataclass(frozen=True)
class Runs:
    """Whole runs that are asked for.

    weights: the modes in which they may be answered, the preferred one first, each with parameters
    for every layer. runs: forward's arguments by name. cell: of a stack, the class of its layers.
    """

    name: str
    kind: str
    sizes: tuple[int, ...]
    weights: dict[str, tuple[dict[str, np.ndarray], ...]]
    runs: tuple[dict[str, np.ndarray], ...]
    inputs: tuple[str, ...]
    outputs: int
    diagonal: tuple[str, ...]
    absent: tuple[str, ...]
    cell: str | None = None
    task: str = "show"


def rounded(values: np.ndarray, digits: int) -> list:
    """Nested lists of numbers for a page."""
    return np.round(values, digits).tolist()
