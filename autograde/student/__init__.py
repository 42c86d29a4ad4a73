"""What runs beside a student's code, in the box: the process, the shell, the answers to the judge's
questions. It knows no rule.

Imports nothing of ours from outside this room; needs the standard library, NumPy, torch and (for
the shell) IPython. `start.py` loads it under a private name, so inside it all imports of ours are
relative and stand at the top.
"""
