"""What an author declares, and what a verdict is: data, no I/O.

Imports nothing of ours from outside this room; needs NumPy alone.
"""

from .declared import (
    BuiltIns,
    Computed,
    Criterion,
    Exercise,
    Function,
    Module,
    Normal,
    Recurrence,
    Sealed,
    Stack,
    Table,
    Value,
    load,
    load_further,
)
from .rules import Part, Rule
from .verdict import Cell, Result, Verdict, zero

__all__ = [
    "BuiltIns",
    "Cell",
    "Computed",
    "Criterion",
    "Exercise",
    "Function",
    "Module",
    "Normal",
    "Part",
    "Recurrence",
    "Result",
    "Rule",
    "Sealed",
    "Stack",
    "Table",
    "Value",
    "Verdict",
    "load",
    "load_further",
    "zero",
]
