"""The notebooks as authored, and files by their content."""

import re
from pathlib import Path

import nbformat
from traitlets.config.loader import PyFileConfigLoader

from grader_tests.samples.students import ROOT, SOURCE

CONFIG = PyFileConfigLoader("nbgrader_config.py", str(ROOT)).load_config()
IMAGE = re.compile(r"!\[(.*?)\]\((.*?)\)")


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(SOURCE / f"{name}.ipynb", as_version=4)


def files(folder: Path) -> dict[str, bytes]:
    """Path below the folder -> content of every file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
