"""The worked notebooks as readers get them: with solutions, without marks, markers and hidden
tests, and run."""

import os
import re
import shutil
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from traitlets.config import PyFileConfigLoader

from autograde.course.guest import OURS, as_given_out
from autograde.course.release import SHIPPED, further_in
from autograde.course.travel import packed_files

HERE = Path(__file__).resolve().parent
FOLDER, ROOT = HERE.parent, HERE.parent.parent
SOURCE = ROOT / "source" / "lstm"
NAMES = (
    *sorted(path.stem for path in SOURCE.glob("*.ipynb")),
    *further_in(SOURCE, OURS[SOURCE.name]),
)
MARKER = re.compile(r"^\W*(BEGIN|END) SOLUTION\W*$")  # in a comment of Python or of HTML
SLIDERS = {"application/vnd.jupyter.widget-view+json", "application/javascript"}
PLOTS = [
    "--InlineBackend.figure_formats={'svg'}",
    "--InlineBackend.rc={'svg.hashsalt': 'lstm', 'figure.dpi': 72}",
]


def worked(name: str) -> NotebookNode:
    """The notebook `name`, ready to run.

    The metadata of a solution cell says what students get, and which lines are theirs.
    """
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    source = nbformat.read(SOURCE / f"{name}.ipynb", as_version=4)
    notebook, _ = ClearHiddenTests().preprocess(source, {})
    stubs = as_given_out(nbformat.from_dict(notebook), config)
    for cell, stub in zip(notebook.cells, stubs.cells):
        marks = cell.metadata.pop("nbgrader", {})
        cell.source, lines = without_markers(cell.source)
        if marks.get("solution") and cell.cell_type == "code":
            cell.metadata["worked"] = {
                "stub": stub.source,
                "lines": lines or list(range(1, cell.source.count("\n") + 2)),
            }
    return notebook


def without_markers(text: str) -> tuple[str, list[int]]:
    """The text without the lines that mark a solution, and the numbers of the lines that they
    enclosed."""
    kept, inside = [], []
    open_ = False
    for line in text.split("\n"):
        if MARKER.match(line):
            open_ = "BEGIN" in line
            continue
        kept.append(line)
        if open_:
            inside.append(len(kept))
    return "\n".join(kept), inside


def run(name: str) -> NotebookNode:
    """The notebook `name`, worked and run where it lies in the source. Raises CellExecutionError
    where a cell does."""
    notebook = worked(name)
    client = NotebookClient(
        notebook,
        timeout=600,
        store_widget_state=False,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str((SOURCE / name).parent)}},
    )
    client.extra_arguments = PLOTS
    client.execute()
    notebook.metadata.pop("language_info", None)  # it names the version of Python
    for cell in notebook.cells:
        if cell.cell_type == "code":  # sliders without a kernel move nothing
            cell.outputs = [one for one in cell.outputs if not SLIDERS & one.get("data", {}).keys()]
    return notebook


def beside() -> dict[str, bytes]:
    """What lies beside the notebooks, by its path: the kit, with the judge in it, and pictures."""
    paths = (path for path in sorted(SOURCE.rglob("*")) if path.is_file())
    found = {path.relative_to(SOURCE).as_posix(): path for path in paths}
    kept = {name: path.read_bytes() for name, path in found.items() if path.suffix in SHIPPED}
    judge = packed_files(SOURCE, OURS[SOURCE.name])
    return kept | {name: text.encode() for name, text in judge.items()}


def run_all():
    """Run all of them into notebooks/, with the kit and the pictures beside them, so that they run
    and show there too."""
    os.environ["SOURCE_DATE_EPOCH"] = "0"  # matplotlib then writes no time into its plots
    for path in set(FOLDER.iterdir()) - {HERE}:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path, data in beside().items():
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_bytes(data)
    for name in NAMES:
        print(f"Running {name}.ipynb", flush=True)
        place = FOLDER / f"{name}.ipynb"
        place.parent.mkdir(exist_ok=True)
        nbformat.write(run(name), place)
