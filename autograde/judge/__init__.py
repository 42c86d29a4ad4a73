"""Pure: draws questions, reads typed answers, compares, searches, and says what it found. No files,
no processes. One module for each kind of exercise: `recurrence`, `stack`, `value`.

May import `exercise`, and of `student` what both sides of the boundary must agree on. Needs NumPy
alone.
"""

from .answers import Answers, read_answers
from .examine import examine
from .judging import draw, judge
from .questions import plain

__all__ = ["Answers", "draw", "examine", "judge", "plain", "read_answers"]
