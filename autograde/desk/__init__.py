"""What a student meets at the desk: `check`, a ladder on top of the grader's own verdict, and
demonstrations of a class. It travels with the release, and judges in the student's kernel.

Nothing here decides anything: the questions, the judge and the sentences are those of grading.
Needs the standard library, NumPy, torch, and IPython where there is a notebook.
"""
