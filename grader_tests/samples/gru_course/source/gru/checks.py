"""The checks: `check(YourClass)` judges as grading does. What students get holds the judge."""

from autograde import check

__all__ = ["check"]
