"""The judge as it travels with a release: a file of the source that imports the grader becomes one
file that needs it no more, with the text of every module that it uses packed inside.

No value that a student predicts travels with it: answers of a `Value` are sealed. References of
other kinds do, packed.
"""

import ast
import base64
import importlib
import importlib.util
import json
import textwrap
import zlib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from ..desk.numbers import sealed
from ..exercise.declared import Sealed, Value, load, load_further
from .state import PACKAGE

GRADER = PACKAGE.name
DESK = [f"{GRADER}.desk.check", f"{GRADER}.desk.demonstrate"]
POINTS = f"{GRADER}.exercise.points"
TEMPLATE = '''\
"""{doc}"""

# The judge of these notebooks, packed. Your marks do not depend on this file: grading has its own.
import importlib
import importlib.abc
import importlib.util
import json
import sys
import zlib
from base64 import b85decode
from pathlib import PurePath

PACKED = (
{lines}
)
try:
    TEXTS = json.loads(zlib.decompress(b85decode(PACKED)))  # name of a module to its text
except (ValueError, zlib.error):
    raise ImportError(f"{{__file__}} is not whole: copy it again.") from None
__path__ = []


class Packed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports what is packed here, and nothing else."""

    def find_spec(self, name, path=None, target=None):
        inner = name.removeprefix(f"{{__name__}}.")
        if inner != name and inner in TEXTS:
            package = any(other.startswith(f"{{inner}}.") for other in TEXTS)
            return importlib.util.spec_from_loader(name, self, is_package=package)

    def exec_module(self, module):
        inner = module.__name__.removeprefix(f"{{__name__}}.")
        place = PurePath(__file__).with_suffix("").joinpath(*inner.split("."))
        module.__file__ = f"{{place}}.py"
        exec(compile(TEXTS[inner], module.__file__, "exec"), module.__dict__)

    def get_source(self, name):  # for the text of a function
        return TEXTS[name.removeprefix(f"{{__name__}}.")]


sys.meta_path.append(Packed())
Check = importlib.import_module(f"{{__name__}}.desk.check").Check
demonstrate = importlib.import_module(f"{{__name__}}.desk.demonstrate").demonstrate
weighed = importlib.import_module(f"{{__name__}}.exercise.points").weighed
declared = importlib.import_module(f"{{__name__}}.exercise")
exercises = weighed(declared.load(f"{{__name__}}.{module}"), {points})
check = Check([*exercises.values(), *declared.load_further(f"{{__name__}}.{module}").values()])
'''
AT_GRADING = '''\
"""The checks run at your desk. Grading judges outside of this process."""


def check(*_, **__):
    print("The checks run at your desk; grading has its own.")


check.warn_of_age = lambda name: None


def demonstrate(*_, **__):
    print("The demonstrations run at your desk.")
'''
MARK = "# The judge of these notebooks, packed."


class CannotTravel(Exception):
    """Something that the judge needs cannot go to students' desks; the text says why."""


def travels(text: str) -> bool:
    """Whether a file of a release holds the judge."""
    return MARK in text


def packed_files(source: Path, module: str, points: dict | None = None) -> dict[str, str]:
    """Path below `source` to text, as it is given out, of every file there that imports the
    grader.

    module: where the exercises of the assignment are; points: the course's own, for `weighed`.
    Raises CannotTravel, SyntaxError.
    """
    found, numbers = {}, numbers_of(module)
    shown = {name: given for name, given in (points or {}).items() if name not in numbers}
    for path in sorted(source.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if imports_grader(text, path.name):
            file, inner = ast.parse(text), path.relative_to(source)
            root = ".".join(inner.with_suffix("").parts)
            found[inner.as_posix()] = TEMPLATE.format(
                doc=ast.get_docstring(file, clean=False) or "The checks.",
                lines=lines_of(texts_for(root, module)),
                module=inside(module),
                points=shown,
            )
    return found


def imports_grader(text: str, file: str) -> bool:
    """Whether a file of a source, for a Python file, imports the grader. Raises SyntaxError."""
    names = imported(ast.parse(text, file), "") if file.endswith(".py") else []
    return any(top_of(name) == GRADER for name in names)


def texts_for(root: str, module: str) -> dict[str, str]:
    """Name to text of every module that a file needs which is imported as `root`: all that the desk
    and the exercises of `module` import of the grader and of the exercises' own package."""
    tops, texts, hidden = {GRADER, top_of(module)}, {}, set()
    for name, _, tree in needed([*DESK, POINTS, module], tops):
        sealing = Sealing(name)
        tree = AtHome(root, tops).visit(sealing.visit(tree))
        hidden |= set(sealing.sealed)
        texts[inside(name)] = ast.unparse(ast.fix_missing_locations(tree))
    if given_away := numbers_of(module) - hidden:
        raise CannotTravel(
            f"The release would give away {', '.join(sorted(given_away))}: in {module}, write it "
            "as Value(…), with its name and its answer in the brackets."
        )
    return texts


def needed(waiting: list[str], tops: set[str]) -> Iterator[tuple[str, str, ast.Module]]:
    """Name, text and tree of modules, and of all that they import of the packages `tops`."""
    seen = set()
    while waiting:
        name = waiting.pop()
        if name in seen or top_of(name) not in tops or name == GRADER:
            continue
        seen.add(name)
        above = name.rpartition(".")[0]
        waiting += [above] if above else []
        if path := place_of(name):
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
            waiting += imported(tree, name if path.name == "__init__.py" else above)
            yield name, text, tree


def numbers_of(module: str) -> set[str]:
    """The exercises of a module that are numbers, of which a desk shows no points."""
    exercises = load(module) | load_further(module)
    return {name for name, one in exercises.items() if isinstance(one, Value)}


def lines_of(texts: dict[str, str]) -> str:
    data = zlib.compress(json.dumps(texts, sort_keys=True).encode(), 9)
    lines = textwrap.wrap(base64.b85encode(data).decode(), 94, break_on_hyphens=False)
    return "\n".join(f'    "{line}"' for line in lines)


def top_of(name: str) -> str:
    return name.partition(".")[0]


def inside(name: str) -> str:
    """What a module is called below the file that it is packed in."""
    return name.removeprefix(f"{GRADER}.")


def imported(tree: ast.Module, package: str) -> list[str]:
    """Names of modules, or of things in modules, that a module of this package imports."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = parts[: len(parts) - node.level + 1] if node.level else []
            whole = ".".join([*above, *filter(None, [node.module])])
            found += [f"{whole}.{alias.name}" for alias in node.names]
    return found


def place_of(name: str) -> Path | None:
    """The file of a module, which is not imported for that; None for what is none, such as a name
    in one."""
    top, *inner = name.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or not inner:
        return Path(spec.origin) if spec and spec.origin else None
    folder = Path(*(spec.submodule_search_locations or [""])[:1], *inner)
    files = (folder / "__init__.py", folder.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)


class AtHome(ast.NodeTransformer):
    """Imports of the packages `tops` from inside of the file `root`."""

    def __init__(self, root: str, tops: set[str]):
        self.root, self.tops = root, tops

    def visit_ImportFrom(self, node):
        if not node.level and top_of(node.module) in self.tops:
            node.module = f"{self.root}.{inside(node.module)}"
        return node

    def visit_Import(self, node):
        if any(top_of(alias.name) in self.tops for alias in node.names):
            raise CannotTravel(f"write `{ast.unparse(node)}` as `from … import …`")
        return node


class Sealing(ast.NodeTransformer):
    """Values that students predict, in the module `name`, as digests."""

    def __init__(self, name: str):
        self.name, self.imports, self.sealed = name, [], []

    def visit_ImportFrom(self, node):
        self.imports += [node] if any(alias.name == Value.__name__ for alias in node.names) else []
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name) or node.func.id != Value.__name__:
            return node
        names = [field.name for field in fields(Value)]
        given = dict(zip(names, node.args)) | {word.arg: word.value for word in node.keywords}
        name, answer = self.meant(given["name"]), self.meant(given["answer"])
        within = self.meant(given.get("within")) or 0.0
        seal = sealed(name, answer, self.meant(given.pop("slips", None)) or {}, within)
        given |= {"answer": ast.parse(repr(seal), mode="eval").body, "criteria": ast.Tuple([])}
        for imports in self.imports if not self.sealed else ():
            imports.names.append(ast.alias(Sealed.__name__))
        self.sealed.append(name)
        return ast.Call(node.func, [], [ast.keyword(key, value) for key, value in given.items()])

    def meant(self, node: ast.expr | None):
        """The value of an expression of the module."""
        if node is None:
            return None
        code = compile(ast.Expression(node), self.name, "eval")
        return eval(code, vars(importlib.import_module(self.name)))
