"""The boundary: a process for students' code, and the sandbox around it.

May import of `student` what both sides of the boundary must agree on and how what a process has
written is removed, and `exercise.text`, by which text of a student becomes clean at the door.
"""

from .notebook import Limits, Student  # noqa: F401
from .result import CellResult  # noqa: F401
from .sandbox import Unavailable  # noqa: F401
from .warm import Warm  # noqa: F401
