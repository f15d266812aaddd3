"""What each notebook costs on this machine, and which cells cost most.

    python tools/benchmark.py          # all notebooks
    python tools/benchmark.py 04 05    # those that begin with 04 or 05

Notebooks run one after the other, each three times: cold, warm, and warm with its core
path alone. One cache serves all of them, and it is empty at the start, as a reader's
is: what an earlier notebook left there, a later one finds. Peak memory is the largest
of the three. Run it on an idle machine; nothing here is part of a test.

A virtual machine may own less than it shows, and more at another hour: before each run,
one process and then two side by side count for two seconds. Two processors do 2.0 times
the work of one; where that is much less, or the count of one has fallen since another
measurement, the seconds tell of the machine and not of the notebook.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from course import notebook_paths
from execution import execute
from minutes import part

COSTLIEST = 12  # cells that are listed
RUNS = ("cold", "warm", "core")
ENOUGH = 1.6  # times the work of one process that two do
COUNT = """
import sys, time
end, rounds = time.perf_counter() + float(sys.argv[1]), 0
while time.perf_counter() < end:
    sum(range(10_000))
    rounds += 1
print(rounds)
"""


@dataclass(frozen=True)
class Cost:
    """Seconds of the three runs, peak bytes, and `{cell id: seconds}` of the warm one.

    `processors` is the least of what two processes did, over the work of one, before
    each run, and `count` the least that one did; `error` is what stopped a run, or
    empty.
    """

    cold: float
    warm: float
    core: float
    peak_bytes: int
    cells: dict
    processors: float
    count: float
    error: str = ""


class Clock:
    """Receives `execute`'s progress and notes when each code cell was done."""

    def __init__(self):
        self.times = []

    def __call__(self, done, cells):
        self.times.append(time.monotonic())

    def seconds(self, notebook):
        """`{cell id: seconds}`; the first time stands before the first cell."""
        ids = [cell.id for cell in notebook.cells if cell.cell_type == "code"]
        steps = (end - start for start, end in zip(self.times, self.times[1:]))
        return dict(zip(ids, steps))


def processors(seconds):
    """How many times the work of one process two do side by side; and that work.

    Returns:
        A number, at best about 2; and the rounds a second of the one process.

    Example:

    >>> min(processors(seconds=0.1)) > 0
    True
    """

    def work(processes):
        command = [sys.executable, "-c", COUNT, str(seconds)]
        running = [
            subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(processes)
        ]
        return sum(int(process.communicate()[0]) for process in running) / seconds

    alone = work(1)
    return work(2) / alone, alone


def core_alone(notebook):
    """A copy without the cells of *More* sections.

    Example:

    >>> more = nbformat.v4.new_code_cell("1 / 0", metadata={"part": "more"})
    >>> lesson = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x"), more])
    >>> [cell.source for cell in core_alone(lesson).cells]
    ['x']
    """
    copy = nbformat.from_dict(notebook)
    copy.cells = [cell for cell in copy.cells if part(cell) == "core"]
    return copy


def cost(path, cache, seconds=2.0):
    """The `Cost` of one notebook, whose first run may find what `cache` holds.

    Before each run, `processors` counts for so many seconds, twice.
    """
    clock, idle = Clock(), [processors(seconds)]
    cold = execute(path, cache=cache)
    idle.append(processors(seconds))
    warm = execute(path, cache=cache, progress=clock)
    idle.append(processors(seconds))
    with tempfile.TemporaryDirectory() as folder:
        core = Path(folder) / path.name
        nbformat.write(core_alone(nbformat.read(path, 4)), core)
        alone = execute(core, cache=cache, folder=path.parent)
    runs = {"cold": cold, "warm": warm, "core alone": alone}
    errors = [f"{name}: {run.error}" for name, run in runs.items() if run.error]
    return Cost(
        *(run.seconds for run in runs.values()),
        max(run.peak_bytes for run in runs.values()),
        clock.seconds(warm.notebook),
        *map(min, zip(*idle)),
        "\n".join(errors),
    )


def row(name, cold, warm, core, *facts):
    return f"{name:24}{cold:>8}{warm:>8}{core:>8}" + "".join(f"{x:>12}" for x in facts)


def report(costs):
    """Lines that say what the notebooks took.

    Args:
        costs: `{path: Cost}`.

    Returns:
        A list of strings: a table with its sums, the costliest cells, what failed.
    """
    lines = [row("seconds", *RUNS, "peak GB", "processors", "count")]
    for path, c in costs.items():
        seconds = (f"{getattr(c, run):.0f}" for run in RUNS)
        facts = f"{c.peak_bytes / 1e9:.1f}", f"{c.processors:.1f}", f"{c.count:,.0f}"
        lines.append(row(path.stem, *seconds, *facts))
    sums = (sum(getattr(c, run) for c in costs.values()) for run in RUNS)
    lines.append(row("all", *(f"{s:.0f}" for s in sums)))
    lent = [path.stem[:2] for path, c in costs.items() if c.processors < ENOUGH]
    if lent:
        lines += ["", f"Not two processors to itself, measure again: {', '.join(lent)}"]
    cells = [
        (seconds, path.stem[:2], cell)
        for path, c in costs.items()
        for cell, seconds in c.cells.items()
    ]
    lines += ["", "Costliest cells when warm: seconds, notebook, cell"]
    for seconds, number, cell in sorted(cells, reverse=True)[:COSTLIEST]:
        lines.append(f"{seconds:6.1f}  {number}  {cell}")
    failed = {path: c.error for path, c in costs.items() if c.error}
    lines += [f"\n{path.stem} failed {error}" for path, error in failed.items()]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="beginnings of notebook names; or all")
    paths = notebook_paths(parser.parse_args().names)
    with tempfile.TemporaryDirectory() as cache:
        costs = {}
        for number, path in enumerate(paths, 1):
            print(f"[{number}/{len(paths)}] {path.stem}", file=sys.stderr, flush=True)
            costs[path] = cost(path, cache)
    print(*report(costs), sep="\n")
    sys.exit(any(c.error for c in costs.values()))


if __name__ == "__main__":
    main()
