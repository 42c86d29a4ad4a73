"""On Windows, where students have their laptops and no grader runs."""

import subprocess
import sys

import pytest

COMES = {  # how the grader comes to be imported
    "command": "from autograde.__main__ import main; main()",
    "configuration": "from autograde.course.guest import join",
}


@pytest.mark.parametrize("how", COMES)
def test_on_windows_it_is_one_sentence(how):
    code = (
        f"import os, sys; os.name = 'nt'; sys.argv = ['autograde', 'adopt', 'lstm']; {COMES[how]}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("autograde needs Linux") and done.stderr.count("\n") == 1
