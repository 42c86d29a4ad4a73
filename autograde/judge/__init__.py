"""Pure: draws questions, reads typed answers, compares, searches, and says what it found. No files,
no processes. One module for each kind of exercise: `function`, `module`, `table`, `value`,
`recurrence`, `stack`.

May import `exercise`, and of `student` what both sides of the boundary must agree on. Needs NumPy
alone; PyTorch and pandas where a reference computes with them.
"""

from .answers import Answers, read_answers
from .examine import examine
from .judging import draw, judge
from .questions import plain

__all__ = ["Answers", "draw", "examine", "judge", "plain", "read_answers"]
