"""The face of this room as other rooms know it still."""

from .notebook import Limits, Student  # noqa: F401
from .result import CellResult  # noqa: F401
from .sandbox import Unavailable  # noqa: F401
from .warm import Warm  # noqa: F401
