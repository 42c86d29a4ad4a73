"""An environment that has this package from its wheel, and nothing of this folder."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from grader_tests.samples.students import ROOT
from grader_tests.support.courses import checked

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
IN_THE_WHEEL = ("autograde", "source", "pyproject.toml", "README.md")  # what it is built from
NBGRADER = '#!/bin/sh\nexec "$(dirname "$0")/python" -m nbgrader "$@"\n'  # as pip would write it


def wheel_environment(folder: Path) -> Path:
    """Its `bin`, made in `folder`. The libraries are those of the environment that runs the tests.
    Skips the test where no wheel can be built."""
    if subprocess.run([sys.executable, "-c", "import setuptools, pip"], check=False).returncode:
        pytest.skip("no setuptools or no pip here to build a wheel with")
    copy, env = folder / "repository", folder / "env"
    copy.mkdir(parents=True)
    for name in IN_THE_WHEEL:
        subprocess.run(["cp", "-r", ROOT / name, copy], check=True)
    said([*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, copy])
    venv.create(env, with_pip=False)
    python = env / "bin" / "python"
    places = [p for p in sys.path if Path(p).is_dir() and Path(p) != ROOT and "site-pack" in p]
    (site_packages(env) / "packages.pth").write_text("".join(f"{place}\n" for place in places))
    install = [*PIP, "--python", python, "install", "--quiet", "--no-deps", "--no-index"]
    said([*install, *folder.glob("*.whl")], cwd=folder)
    (env / "bin" / "nbgrader").write_text(NBGRADER)
    (env / "bin" / "nbgrader").chmod(0o755)
    where = said([python, "-c", "import autograde; print(autograde.__file__)"], cwd=folder)
    assert where.startswith(str(site_packages(env))), where
    return env / "bin"


def site_packages(env: Path) -> Path:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return env / "lib" / version / "site-packages"


def said(command: list, cwd=None) -> str:
    alone = {**os.environ, "PYTHONPATH": ""}
    return checked(
        subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=alone)
    ).stdout
