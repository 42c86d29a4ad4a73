"""Sinusoidal positions: a function of whole numbers; and a number to work out by hand."""

import numpy as np

from autograde.exercise import Criterion, Function, Value


def positions(length, width):
    """sin(t / 10000^(2k/width)) in column 2k, and cos of the same in column 2k + 1"""
    rates = 10000.0 ** (-np.arange(0, width, 2) / width)
    angles = np.arange(length)[:, None] * rates
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, width)


def halves(length, width):
    angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(0, width, 2) / width)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def cosines_first(length, width):
    angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(0, width, 2) / width)
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1).reshape(length, width)


def twice_the_exponent(length, width):
    angles = np.arange(length)[:, None] * 10000.0 ** (-2 * np.arange(0, width, 2) / width)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, width)


def from_one(length, width):
    return positions(length + 1, width)[1:]


POSITIONS = Function(
    "positions",
    "positions",
    {"runs": 0.5, "shape": 0.5, "P": 3},
    arrays="numpy",
    inputs={"length": "size T", "width": "size 2k"},
    returns=("P",),
    right=positions,
    wrong={
        halves: "sines stand in the first half and cosines in the second; they alternate",
        cosines_first: "sines and cosines are swapped",
        twice_the_exponent: "the exponent is 4k/width: the 2 is in it twice",
        from_one: "positions count from 1, and should from 0",
    },
)
LENGTH = Value(
    "most_numbers",
    "positions",
    (Criterion("value", 1, "How many", "the numbers in P for length 20 and width 94"),),
    answer=1880,
    slips={940: "that is without the cosines", 114: "that is their sum"},
)
