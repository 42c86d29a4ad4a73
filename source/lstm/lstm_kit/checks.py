"""The checks: `check(YourClass)` judges as grading does. What students get holds the judge."""

from autograde import check, demonstrate

__all__ = ["check", "demonstrate"]
