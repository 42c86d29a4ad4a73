"""Exercises of a course's own on the way to a worker that has no file of the course: their modules
as texts, and an importer of these."""

import importlib
import sys
from importlib.abc import ExecutionLoader, MetaPathFinder
from importlib.machinery import ModuleSpec

from ..exercise.declared import Exercise, load
from .travel import GRADER, needed, top_of


def texts_of(module: str) -> dict[str, str]:
    """Name to text of the module and all that it needs of its own package; none of the grader's
    own, which is wherever the grader is."""
    top = top_of(module)
    return {} if top == GRADER else {name: text for name, text, _ in needed([module], {top})}


class Carried(MetaPathFinder, ExecutionLoader):
    """Imports modules from their texts, where they are not to be found in any other way."""

    def __init__(self, texts: dict[str, str]):
        self.texts = texts

    def find_spec(self, name, path=None, target=None):
        return (
            ModuleSpec(name, self, is_package=self.is_package(name)) if name in self.texts else None
        )

    def is_package(self, name):
        return any(other.startswith(f"{name}.") for other in self.texts)

    def get_filename(self, name):
        return f"<carried>/{name}.py"

    def get_source(self, name):
        return self.texts[name]


def load_carried(module: str, texts: dict[str, str]) -> dict[str, Exercise]:
    """Name to exercise, from the module as it is here, or else as it was carried here. What was
    carried before under these names is forgotten."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Carried)]
    for name in texts:
        if isinstance(getattr(sys.modules.get(name), "__loader__", None), Carried):
            del sys.modules[name]
    sys.meta_path.append(Carried(texts))
    importlib.invalidate_caches()
    return load(module)
