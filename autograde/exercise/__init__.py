"""What an author declares, and what a verdict is: data, no I/O.

Imports nothing of ours from outside this room; needs NumPy alone.
"""
