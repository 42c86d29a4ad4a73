"""How the tests are run side by side, and what a skip means.

A module's tests stay together, since they share what is set up once. `make test` begins with the
modules that take longest, so that none of them is left for one process alone at the end.
"""

import os
import shutil

import pytest

from grader_tests.support.courses import place_of_generated

LONGEST_FIRST = (
    "test_hostile",
    "test_proof",
    "test_submissions",
    "test_interrupted",
    "test_instructor",
    "test_command",
    "test_cluster",
    "test_notebooks",
    "test_journeys",
    "test_authors",
    "test_gallery",
    "test_nbgrader",
    "test_check",
    "test_guest",
    "test_desk",
    "test_collect",
)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for something."""
    return os.cpu_count() + 1


def pytest_collection_modifyitems(items):
    places = {f"{name}.py": place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


def pytest_sessionfinish():
    """What the processes of this run have shared goes with the one that began it."""
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        shutil.rmtree(place_of_generated(), ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Where everything is installed (.ci/run sets SKIPPING_FAILS), a skip is a failure."""
    report = (yield).get_result()
    if report.skipped and os.environ.get("SKIPPING_FAILS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be: {report.longrepr[-1]}"
