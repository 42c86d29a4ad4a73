"""nbgrader in and out: the release, a submission, the one path from it to a mark, the gradebook;
the plug-in and the command on it.

May import every other room. The only room that touches an instructor's files or gradebook.
"""
