"""`python -m grader_tests.evidence.price_of_a_box [NOTEBOOKS]`: what the box costs a notebook.

The same notebook of two cells, by turns with a box and without one, in one run: process started,
cells run, process ended. Prints the CPU seconds and the wall clock of each, of this process and of
all that it starts, and the difference, which is the price.
"""

import statistics
import sys
import time

import psutil

from autograde.box import Warm

CELLS = ("import torch\nx = torch.ones(3)", "x.sum()")
MODES = ("required", "off")


def spent(warm: Warm) -> float:
    """CPU seconds of this process, and of the server with all of its children that have ended."""
    server = psutil.Process(warm.server.process.pid)
    family = [server, *server.children(recursive=True)]
    boxed = sum(sum(process.cpu_times()[:4]) for process in family)
    return time.process_time() + boxed


def notebook(warm: Warm) -> tuple[float, float]:
    """Milliseconds of wall clock, and of CPU, that one notebook takes."""
    before, began = spent(warm), time.perf_counter()
    with warm.student({}) as student:
        for cell in CELLS:
            if student.execute(cell).status != "ok":
                raise RuntimeError(f"a cell failed under {warm.protections}")
    return 1000 * (time.perf_counter() - began), 1000 * (spent(warm) - before)


def main(count: int):
    with Warm("required") as boxed, Warm("off") as bare:
        took = {mode: [] for mode in MODES}
        for warm in (boxed, bare):
            notebook_or_first(warm)
        for _ in range(count):
            for mode, warm in zip(MODES, (boxed, bare)):
                took[mode].append(notebook(warm))
        print(boxed.protections)
    for place, what in enumerate(("wall clock", "CPU")):
        with_box, without = ([pair[place] for pair in took[mode]] for mode in MODES)
        price = [one - other for one, other in zip(with_box, without)]
        print(
            f"{what}: {statistics.mean(with_box):.1f} ms with a box, "
            f"{statistics.mean(without):.1f} ms without: a price of {statistics.mean(price):.1f} "
            f"± {statistics.stdev(price) / count**0.5:.1f} ms a notebook, over {count} pairs"
        )


def notebook_or_first(warm: Warm):
    """One notebook that is not counted: the server starts, and its box is tried."""
    with warm.student({}) as student:
        student.execute(CELLS[0])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
