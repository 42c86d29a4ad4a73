"""Tests through nbgrader's commands and ours, in courses of their own; through a gradebook, and a
shell in which cells run as at a desk."""
