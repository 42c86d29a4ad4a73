"""nbgrader in and out: the release, a submission, the one path from it to a mark, the gradebook;
the plug-in and the command on it.

May import every other room. The only room that touches an instructor's files or gradebook.
"""

import sys

# Before all imports of this room, in our command and in its workers. jsonschema does without this
# package: it is for a format that no notebook has, and takes longer to import than all the rest.
sys.modules.setdefault("rfc3987_syntax", None)
