"""Tests through nbgrader's commands and ours, in courses of their own."""
