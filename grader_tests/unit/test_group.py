"""The control group that limits memory: its files, in a folder that stands for the kernel's."""

import subprocess

import pytest

from autograde.box.group import KERNEL_MEMORY_BYTES, Group


@pytest.fixture
def own(tmp_path):
    """What /proc/self/cgroup says of a process in a session of its own."""
    file = tmp_path / "own"
    file.write_text("2:cpu:/\n0::/user.slice/session\n")
    (tmp_path / "user.slice" / "session").mkdir(parents=True)
    return file


def divide(root, controllers: str):
    (root / "user.slice" / "session" / "cgroup.subtree_control").write_text(controllers)


def test_a_group_is_made_limited_entered_and_removed(tmp_path, own):
    divide(tmp_path, "cpu memory pids\n")
    group = Group(tmp_path, own)
    assert group.folder.parent == tmp_path / "user.slice" / "session"
    assert (group.folder / "memory.max").read_text() == str(KERNEL_MEMORY_BYTES)
    done = subprocess.run(group.command(["echo", "a b", "$c"]), capture_output=True, text=True)
    assert done.stdout == "a b $c\n"
    assert (group.folder / "cgroup.procs").read_text() == "0\n"
    for file in group.folder.iterdir():
        file.unlink()  # the kernel's own go with the folder
    group.close()
    assert not group.folder.exists()


def test_memory_is_asked_for_where_it_is_not_divided_yet(tmp_path, own):
    divide(tmp_path, "cpu")
    Group(tmp_path, own)
    control = tmp_path / "user.slice" / "session" / "cgroup.subtree_control"
    assert control.read_text() == "+memory"


@pytest.mark.parametrize("said", ["", "4:memory:/\n", "0::/elsewhere\n"])
def test_where_there_is_none_there_is_none(tmp_path, own, said):
    own.write_text(said)
    with pytest.raises(OSError):
        Group(tmp_path, own)


def test_a_command_that_cannot_enter_does_not_run(tmp_path, own):
    divide(tmp_path, "memory")
    group = Group(tmp_path, own)
    (group.folder / "cgroup.procs").mkdir()
    done = subprocess.run(group.command(["echo", "ran"]), capture_output=True, text=True)
    assert done.returncode and not done.stdout
