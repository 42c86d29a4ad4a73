"""The boundary: a process for students' code, and the sandbox around it.

May import of `student` what both sides of the boundary must agree on, and nothing else of ours.
"""
