"""What runs beside a student's code, in the box: the process, the shell, the answers to the judge's
questions. It knows no rule.

Imports nothing of ours from outside this room; needs the standard library, NumPy and torch, and in
the box IPython, sandlock and pyseccomp. `start.py` loads it under a private name, so inside it all
imports of ours are relative and stand at the top.
"""
