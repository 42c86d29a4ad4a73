"""What an author declares, and what a verdict is: data, no I/O.

Imports nothing of ours from outside this room; needs NumPy alone.
"""

from .declared import BuiltIns, Criterion, Exercise, Normal, Recurrence, Sealed, Stack, Value, load
from .rules import Part, Rule
from .verdict import Cell, Result, Verdict, zero

__all__ = [
    "BuiltIns",
    "Cell",
    "Criterion",
    "Exercise",
    "Normal",
    "Part",
    "Recurrence",
    "Result",
    "Rule",
    "Sealed",
    "Stack",
    "Value",
    "Verdict",
    "load",
    "zero",
]
