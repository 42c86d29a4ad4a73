"""The same course for plain nbgrader, to compare with: its own tests inside the student's kernel,
no box, no configuration of ours."""

import os
import shutil
from pathlib import Path

import nbformat

from grader_tests.samples.students import NOTEBOOKS, RELEASE, ROOT
from grader_tests.support.courses import NBGRADER, checked, nbgrader

CONFIG = """c = get_config()
c.CourseDirectory.ignore = ['.ipynb_checkpoints', '*.pyc', '__pycache__']
c.ClearSolutions.code_stub = {'python': '...  # YOUR CODE HERE'}
c.ClearSolutions.enforce_metadata = False
"""
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{NBGRADER.parent}{os.pathsep}{os.environ['PATH']}",
    "PYTHONPATH": str(ROOT),
}


def make_plain_course(folder: Path, notebooks=NOTEBOOKS, config: str = ""):
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "source").mkdir(parents=True)
    shutil.copytree(
        ROOT / "source" / "lstm",
        folder / "source" / "lstm",
        ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"),
    )
    checks = (
        "lstm_kit/checks.py"  # as students have it: the source's own one needs our configuration
    )
    shutil.copy(RELEASE / checks, folder / "source" / "lstm" / checks)
    for path in (folder / "source" / "lstm").glob("*.ipynb"):
        if path.stem not in notebooks:
            path.unlink()
            continue
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.id.startswith("test_"):
                cell.source = (
                    "### BEGIN HIDDEN TESTS\nfrom grader_tests.evidence.plain_score import score\n"
                    f'score("{cell.id.removeprefix("test_")}")\n### END HIDDEN TESTS'
                )
            elif "desk-only" in cell.metadata.get("tags", []):
                cell.source = ""  # demonstrations do not run at grading, here as there
        nbformat.write(notebook, path)
    (folder / "nbgrader_config.py").write_text(CONFIG + config)
    checked(nbgrader(folder, "generate_assignment", "lstm", env=ENVIRONMENT))
