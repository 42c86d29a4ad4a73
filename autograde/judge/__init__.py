"""Pure: draws questions, reads typed answers, compares, searches, and says what it found. No files, no processes.

May import `exercise`, and of `student` what both sides of the boundary must agree on. Needs NumPy alone.
"""

from .examine import examine  # noqa: F401
from .judging import judge  # noqa: F401
from .questions import draw  # noqa: F401
