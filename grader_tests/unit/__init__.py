"""Tests of pure functions: no notebook is run, no process started, nothing written.

`make test-unit` runs them in under a minute.
"""
