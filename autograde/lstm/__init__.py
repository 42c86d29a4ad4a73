"""The exercise of these notebooks: its tables of rules, its points, its words. The only room that
knows an LSTM, and the GRU beside it.

May import `exercise`.
"""

from .exercises import EXERCISES  # noqa: F401
from .gru import FURTHER  # noqa: F401
