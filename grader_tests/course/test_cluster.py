"""A class graded on a Dask cluster of several worker processes, one of them killed in mid-run; and
into a PostgreSQL server."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from distributed import Client, LocalCluster

from grader_tests.samples.hostile import HOSTILE, hand_in_hostile
from grader_tests.samples.students import STUDENTS, answers, hand_in, solutions
from grader_tests.support.courses import (
    FOREVER,
    autograde,
    by_nbgrader,
    checked,
    graded,
    make_course,
    nbgrader,
    wait_until,
)
from grader_tests.support.ledger import marks, scores, verdicts


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """Submissions, right, wrong and deceitful."""
    folder = tmp_path_factory.mktemp("course")
    make_course(folder)
    for student in STUDENTS:
        hand_in(folder / "submitted" / student / "lstm", answers(student))
    for number, hostile in enumerate([one for one in HOSTILE if one.group == "deceit"][-1:]):
        hand_in_hostile(folder / "submitted" / f"deceit_{number}" / "lstm", hostile)
    return folder


@pytest.fixture(scope="module")
def expected(course) -> tuple[dict, dict]:
    """The marks by our command on this machine's processes, in an SQLite gradebook."""
    folder = course.with_name("expected")
    shutil.copytree(course, folder)
    autograde(folder)
    return marks(folder), verdicts(folder)


@pytest.fixture
def cluster(tmp_path):
    """Three worker processes that have no folder in common with the course."""
    with LocalCluster(
        n_workers=3,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        local_directory=str(tmp_path),
    ) as cluster:
        yield cluster


def test_on_dask_a_worker_that_dies_takes_nothing_with_it(course, expected, cluster, tmp_path):
    folder = tmp_path / "course"
    shutil.copytree(course, folder)
    run = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "autograde",
            "grade",
            "lstm",
            f"--scheduler={cluster.scheduler_address}",
        ],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_until(lambda: graded(folder))
    with Client(cluster) as client:
        os.kill(list(client.run(os.getpid).values())[0], signal.SIGKILL)
    said, _ = run.communicate(timeout=FOREVER)
    assert run.returncode == 1, said  # a deceit needs a person
    assert f"{len(STUDENTS) + 1} graded" in said
    assert (marks(folder), verdicts(folder)) == expected


def test_the_workers_of_a_cluster_leave_no_process_behind(course, tmp_path):
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=str(tmp_path),
        ) as cluster,
        Client(cluster) as client,
    ):
        folder = tmp_path / "course"
        shutil.copytree(course, folder)
        assert (
            "1 graded"
            in autograde(
                folder, f"--scheduler={cluster.scheduler_address}", "--student=perfect"
            ).stdout
        )
        workers = list(client.run(os.getpid).values())
        started = [
            child for pid in workers for child in psutil.Process(pid).children(recursive=True)
        ]
        assert started, "the warm process stays for the next submission"
    psutil.wait_procs(started, timeout=FOREVER)
    assert not [
        child for child in started if child.is_running() and child.status() != psutil.STATUS_ZOMBIE
    ]


def test_a_scheduler_that_is_not_there(course):
    done = autograde(
        course,
        "--scheduler=tcp://127.0.0.1:1",
        "--student=perfect",
        env={**os.environ, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "2s"},
    )
    assert (
        done.returncode == 2
        and "tcp://127.0.0.1:1" in done.stderr
        and "Traceback" not in done.stderr
    ), done.stderr


# ---------------------------------------------------------------- PostgreSQL
def postgres_programs() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@pytest.fixture
def database(tmp_path):
    """The URL of an empty database, in a server of this test's own."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed here (Debian's package postgresql)")
    user = (
        [] if os.geteuid() else ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    )
    folder = (
        Path("/tmp") / f"database_of_{os.getpid()}"
    )  # a socket's path must be short, and its folder the server's own
    folder.mkdir()
    if user:
        shutil.chown(folder, "postgres", "postgres")

    def run(program, *words):
        subprocess.run(
            [*user, programs / program, *words], check=True, cwd="/", stdout=subprocess.DEVNULL
        )

    try:
        run("initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres")
        run(
            "pg_ctl",
            "-D",
            folder / "data",
            "-w",
            "-l",
            folder / "log",
            "-o",
            f"-k {folder} -c listen_addresses=''",
            "start",
        )
        run("createdb", "-h", folder, "-U", "postgres", "marks")
        yield f"postgresql://postgres@/marks?host={folder}"
        run("pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_postgresql_holds_the_same_marks(course, expected, database, tmp_path):
    folder = tmp_path / "course"
    shutil.copytree(course, folder, ignore=shutil.ignore_patterns("gradebook.db"))
    with open(folder / "nbgrader_config.py", "a") as config:
        config.write(f"\nc.CourseDirectory.db_url = {database!r}\n")
    checked(nbgrader(folder, "generate_assignment", "lstm", "--force"))
    done = autograde(folder)
    assert f"{len(STUDENTS) + 1} graded" in done.stdout, done.stdout + done.stderr
    assert marks(folder, database) == expected[0]
    by_nbgrader(folder, "--force", "--student=first_attempt")
    assert marks(folder, database) == expected[0]
    hand_in(folder / "submitted" / "blank" / "lstm", solutions())
    autograde(folder)
    assert scores(folder, database)["blank"] == 28 and not (folder / "gradebook.db").exists()
