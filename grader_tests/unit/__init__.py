"""Tests of pure functions, and of how the house is built: no course, no notebook that is run.

`make test-unit` runs them by themselves.
"""
