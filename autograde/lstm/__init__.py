"""The exercise of these notebooks: its tables of rules, its points, its words. The only room that
knows an LSTM.

May import `exercise`.
"""

from .exercises import EXERCISES  # noqa: F401
