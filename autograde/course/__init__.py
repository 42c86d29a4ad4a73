"""nbgrader in and out: the release, a submission, the one path from it to a mark, the gradebook;
the plug-in and the command on it.

May import every other room but `lstm`, which it loads by name. The only room that writes into a
gradebook, and but for reports and exports the only one that writes into a course's folders.
"""

import os
import sys

# Before all imports of this room, in our command and in its workers. jsonschema does without this
# package: it is for a format that no notebook has, and takes longer to import than all the rest.
sys.modules.setdefault("rfc3987_syntax", None)

if os.name == "nt":
    print(
        "autograde needs Linux, or macOS (where there is no box). On Windows, work in WSL (`wsl "
        "--install`) or in a Linux container; students need neither.",
        file=sys.stderr,
    )
    sys.exit(2)
