"""What the grader starts: `python -I start.py SETTINGS`. Loads this folder as a package.

The package has a private name, and once everything is imported no name leads to it any more: code
of a student finds neither it nor the grader, however that was installed.
SETTINGS is JSON: `box` (a name in boxes.KINDS), `work` (the folder of a notebook), `readable`
(places, where the box asks for them), `libraries` (folders to import from), `serve` ("notebook",
"cold" where each notebook must load things itself, or "probe").
"""

import importlib.util
import json
import os
import resource
import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
GRADER = HERE.parent.name  # the package that this folder is a part of
PRIVATE = "_beside_the_student"


def load(*names):
    """Modules of this folder, with all that they import. Raises ImportError."""
    spec = importlib.util.spec_from_file_location(
        PRIVATE, HERE / "__init__.py", submodule_search_locations=[str(HERE)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[PRIVATE] = package
    spec.loader.exec_module(package)
    return [import_module(f"{PRIVATE}.{name}") for name in names]


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


def main(settings):
    """Serve until the grader hangs up."""
    addresses = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))  # the grader's own is not ours
    sys.path += [path for path in settings["libraries"] if path not in sys.path]
    hide_the_grader()
    served = "probe" if settings["serve"] == "probe" else "notebook"
    server, boxes, service = load("server", "boxes", served)
    forget()
    box = boxes.KINDS[settings["box"]](settings["work"], tuple(settings["readable"]))
    server.main(box, service, warm=settings["serve"] == "notebook")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
    os._exit(0)
