"""What the grader starts in a box: `python -I start.py`. Loads this folder as a package.

The package has a private name, and once everything is imported no name leads to it any more: code
of a student finds neither it nor the grader, however that was installed.
"""

import importlib.util
import os
import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
GRADER = HERE.parent.name  # the package that this folder is a part of
PRIVATE = "_beside_the_student"


def load():
    """The module `server` of this folder. Raises ImportError where a file is missing."""
    spec = importlib.util.spec_from_file_location(
        PRIVATE, HERE / "__init__.py", submodule_search_locations=[str(HERE)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[PRIVATE] = package
    spec.loader.exec_module(package)
    return import_module(f"{PRIVATE}.server")


def forget():
    """No name leads to this package any more."""
    for name in [name for name in sys.modules if name.partition(".")[0] == PRIVATE]:
        del sys.modules[name]


class Refuse:
    """An import hook before all others: there is no grader."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == GRADER:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def hide_the_grader():
    """The grader cannot be imported from here on; its neighbours in site-packages can."""
    sys.meta_path.insert(0, Refuse)
    sys.path_importer_cache.clear()


if __name__ == "__main__":
    hide_the_grader()
    server = load()
    forget()
    server.main("--cold" in sys.argv)
    os._exit(0)
