"""A second look: classes asked once more, with other questions, in a fresh process that has run
nothing of the student's but definitions.

What a first process says may be forged by code that stands beside a class. No mark depends on this
look; where it differs from the first one, a person gets both.
"""

import ast
import re
from dataclasses import replace

from nbformat import NotebookNode

from ..box.notebook import Limits
from ..box.warm import Warm
from ..exercise.declared import Exercise
from ..exercise.verdict import Cell, Verdict
from ..judge import examine
from ..pages.graded import grade_id
from .account import is_solution
from .chance import Chance
from .rebuild import DESK_ONLY

SAMPLE = 20  # one of so many notebooks is looked at again, whatever its code says
LOOKS = 2  # that must differ from the first one, before a person is asked
SUSPICIOUS = re.compile(  # words that nobody needs to build a cell or a stack of them
    r"\b(?:_getframe|f_back|f_globals|f_locals|__globals__|__code__|__closure__|__builtins__|"
    r"__subclasses__|__mro__|__build_class__|globals|gc|ctypes|inspect|builtins|importlib|settrace|"
    r"setprofile|meta_path|sys\.modules|get_ipython|user_ns|profiler|_dynamo|TorchFunctionMode|"
    r"__torch_function__|__torch_dispatch__|socket|struct|threading|atexit|signal|mmap|eval|exec)\b"
)
REPLACED = re.compile(r"(?m)^\s*((?:torch|nn|math|base64|json|builtins)\.[\w.]+)\s*=(?!=)")
UNDECIDED = re.compile(  # in what a student is told
    r"Could not be marked|could not be asked|raise[sd]|did not answer"
)
DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
COMMANDS = re.compile(r"(?m)^[ \t]*[%!].*$")  # to IPython


def look_again(
    graded,
    exercises: dict[str, Exercise],
    warm: Warm,
    kit: dict[str, str],
    limits: Limits,
    drawn: Chance,
) -> list[str]:
    """Sentences for a person about classes that answer otherwise the second time. `graded`: as of
    grade.py, with verdicts; `exercises`: by test cell. Raises Unavailable."""
    code = [cell for cell in graded.notebook.cells if cell.cell_type == "code"]
    words = sorted({word for cell in code if is_written(cell) for word in suspicious(cell.source)})
    asked = [key for key in exercises if graded.verdicts[key].score > 0]
    if not asked or not (words or drawn.seed("sample") % SAMPLE == 0):
        return []
    once = replace(limits, whole=limits.notebook)
    with warm.student(kit, once, drawn.seed("second student")) as student:
        for number, cell in enumerate(code, 1):
            if grade_id(cell) not in exercises and DESK_ONLY not in cell.metadata.get("tags", []):
                source = definitions(cell.source) if is_written(cell) else cell.source
                student.execute(source, number)
        return [
            said
            for key in asked
            if (said := compared(graded.verdicts[key], exercises[key], student, words, drawn))
        ]


def is_written(cell: NotebookNode) -> bool:
    """Whether the text of a cell is the student's."""
    return grade_id(cell) is None or is_solution(cell)


def suspicious(source: str) -> list[str]:
    """Words of a cell that may be about more than a class, and what of a library it replaces."""
    return [*SUSPICIOUS.findall(source), *REPLACED.findall(source)]


def definitions(source: str) -> str:
    """What a cell imports, defines, and gives a plain name; "" for one that cannot be read."""
    try:
        body = ast.parse(COMMANDS.sub("pass", source)).body
        return ast.unparse(ast.Module([node for node in body if defines(node)], []))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""


def defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) for target in node.targets)
    return isinstance(node, DEFINES)


def compared(
    first: Verdict, exercise: Exercise, student, words: list[str], drawn: Chance
) -> str | None:
    """A sentence where criteria that were met are lost in every further look; None where they are
    not, or where the class needs more than definitions."""
    lost = {result.key for result in first.results if result.met}
    for look in range(LOOKS):
        seed = drawn.seed("second", exercise.name, look)
        second = examine(exercise, student.ask, Cell(), seed)
        missed = [result for result in second.results if not result.met]
        if not second.score or any(UNDECIDED.search(result.sentence) for result in missed):
            return None
        lost &= {result.key for result in missed}
        if not lost:
            return None
    titles = ", ".join(result.title for result in first.results if result.key in lost)
    because = f" Its notebook mentions {', '.join(words)}." if words else ""
    return (
        f"{first.name}: asked again in a fresh process, from its definitions alone, it got "
        f"{second.score:g} points instead of {first.score:g} (no longer: {titles}): read its "
        f"code.{because}"
    )
