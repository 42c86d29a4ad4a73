"""Assignments that are not ours, in the box, where the course wants that: nbgrader's own way from
end to end, but that a boxed process runs the cells where a kernel would.
"""

import json
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import Execute

from ..box.notebook import Limits
from ..box.result import CellResult
from ..student.protocol import MESSAGE_BYTES
from .files import Reader
from .jobs import warm_process
from .settings import Judge

LANGUAGE = "python"
ROOM = MESSAGE_BYTES // 2
TOO_MUCH = "would make it too full"
AS_NBGRADER = '__import__("os").environ["NBGRADER_EXECUTION"] = "autograde"'


class Boxed(Execute):
    """nbgrader's Execute, in the box, with its timeout and the course's limits."""

    def preprocess(self, nb, resources=None, km=None):
        """Raises NbGraderException for a notebook of another language."""
        spec = nb.metadata.get("kernelspec", {})
        if spec.get("language", LANGUAGE) != LANGUAGE:
            raise NbGraderException(
                f"The box runs Python, and this notebook is for {spec.get('name')}: set "
                "c.Judge.box_others = False in nbgrader_config.py."
            )
        judge, coursedir = Judge(config=self.config), self.parent.parent.coursedir
        warm = warm_process(*judge.boundary(Path(coursedir.root).resolve()))
        folder = Path(resources["metadata"]["path"])
        warm.need(cell.source for cell in nb.cells if cell.cell_type == "code")
        with warm.student(self.files(folder), self.limits(judge)) as student:
            student.execute(AS_NBGRADER)
            code = [cell for cell in nb.cells if cell.cell_type == "code" and cell.source.strip()]
            for number, cell in enumerate(code, 1):
                cell.execution_count = number
                cell.outputs = outputs_of(student.execute(cell.source, number))
        return nb, resources

    def limits(self, judge: Judge) -> Limits:
        cell = self.timeout if (self.timeout or 0) > 0 else judge.cell_seconds
        return Limits(cell, judge.notebook_seconds)

    def files(self, folder: Path) -> dict[str, str]:
        """What lies beside the notebook, for its process alone. What is left out is said."""
        texts, room = {}, ROOM
        for file in Everything().folder(folder):
            if file.path.endswith(".ipynb"):
                continue
            text = (file.data or b"").decode("utf-8", "surrogateescape")
            size = len(json.dumps(text))  # as it travels
            if file.data is None or size > room:
                self.log.warning("Not in the box: %s, which %s", file.path, file.why or TOO_MUCH)
            else:
                texts[file.path], room = text, room - size
        return texts


class Everything(Reader):
    """Every file of a folder, zips as they are."""

    def wants(self, path: str, head: bytes | None) -> bool:
        return True

    def opens(self, path: str, data: bytes) -> bool:
        return False


def outputs_of(result: CellResult) -> list[NotebookNode]:
    """A cell that did not come to its end has an error in its outputs, as with nbgrader."""
    outputs = [new_output(**output) for output in result.outputs]
    if result.status != "ok" and not any(one.output_type == "error" for one in outputs):
        said = {"ename": result.error, "evalue": result.message, "traceback": [result.sentence]}
        outputs.append(new_output("error", **said))
    return outputs


def in_the_box(steps: list) -> list:
    """nbgrader's steps of autograding, with the box where the kernel was."""
    return [Boxed if step is Execute else step for step in steps]
