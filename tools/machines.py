"""Other arithmetics of this machine, and the notebooks under each of them.

    python tools/machines.py                    # all notebooks under every arithmetic
    python tools/machines.py 04 05              # those that begin with 04 or 05
    python tools/machines.py --leave-one-out    # is the multiple enough? (after a run)

Processors round differently: they sum in another order and with other instructions.
Environment variables make this one compute as others do. `make refresh` measures with
them by how much each printed number moves; a run of all notebooks writes its table into
CONTRIBUTING.md. Each arithmetic computes in one thread, so
that two can run side by side. What was executed is kept in build/machines.
"""

import argparse
import json
import os
import platform
import sys
from concurrent.futures import ThreadPoolExecutor

import comparison
import nbformat
import psutil
from course import ROOT, notebook_paths
from execution import Run, execute
from stamps import between
from threads import ONE_THREAD

MACHINES = {
    "one thread": ONE_THREAD,
    "SSE4.1": {
        "DNNL_MAX_CPU_ISA": "SSE41",
        "OPENBLAS_CORETYPE": "Nehalem",
        **ONE_THREAD,
    },
    "AVX2": {"DNNL_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell", **ONE_THREAD},
    "no oneDNN": {
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "OPENBLAS_CORETYPE": "Sandybridge",
        **ONE_THREAD,
    },
}
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
KEPT = ROOT / "build" / "machines"
PLATFORM = (
    sys.platform == "linux" and platform.machine() == "x86_64"
)  # whose list it is
MEMORY = 3e9  # bytes that one notebook may take


def side_by_side(spare=0):
    """How many notebooks may run at once: by processors and by free memory.

    `spare` more than there are processors, to compute while others wait.
    """
    free = psutil.virtual_memory().available / MEMORY
    return max(1, min(len(MACHINES), (os.cpu_count() or 1) + spare, int(free)))


def run(path, machine):
    """Execute a notebook under one arithmetic, keep it in `KEPT`, return the `Run`."""
    folder = KEPT / machine.replace(" ", "-")
    done = execute(path, cache=folder / "cache", settings=MACHINES[machine])
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(done.notebook, folder / path.name)
    facts = {"seconds": done.seconds, "error": done.error, "margins": done.margins}
    (folder / f"{path.stem}.json").write_text(json.dumps(facts), "utf-8")
    return done


def kept(path, machine):
    """The last run of a notebook under one arithmetic, or None."""
    folder = KEPT / machine.replace(" ", "-")
    facts = folder / f"{path.stem}.json"
    if not facts.exists():
        return None
    facts = json.loads(facts.read_text("utf-8"))
    notebook = nbformat.read(folder / path.name, 4)
    return Run(notebook, facts["seconds"], 0, facts["error"], facts["margins"])


def run_all(paths, names=tuple(MACHINES), report=print):
    """{(path, machine): Run} of notebooks under arithmetics, some side by side."""

    def one(pair):
        done = run(*pair)
        report(
            f"{pair[0].stem} under {pair[1]}: {done.seconds:.0f} s {done.error[-300:]}"
        )
        return done

    pairs = [(path, machine) for path in paths for machine in names]
    with ThreadPoolExecutor(side_by_side()) as pool:
        return dict(zip(pairs, pool.map(one, pairs)))


def row(path, machine, done):
    """What a run gives for the table: cells that moved, largest movement, failures."""
    moved, largest, failures = 0, 0.0, []
    if done.error:
        failures.append(done.error.strip().splitlines()[-1])
    for number, (cell, other) in enumerate(
        zip(nbformat.read(path, 4).cells, done.notebook.cells)
    ):
        if comparison.ignored(cell):
            continue
        found = comparison.differences(
            cell.outputs, other.outputs, cell.metadata.get("moved")
        )
        failures += [f"cell {number}: {difference}" for difference in found]
        steps = comparison.movement(cell.outputs, other.outputs) or [0]
        moved += max(steps) > 0
        largest = max(largest, *steps)
    return moved, largest, failures


def table(runs):
    """The runs in Markdown, a row a notebook and arithmetic, and a list of failures."""
    lines = [
        "| notebook | arithmetic | cells that moved | largest movement | failures |",
        "|---|---|---|---|---|",
    ]
    failures = []
    for (path, machine), done in runs.items():
        moved, largest, failed = row(path, machine, done)
        failures += [f"{path.stem} under {machine}, {failure}" for failure in failed]
        lines.append(
            f"| {path.stem} | {machine} | {moved} | {largest:.2g} | {len(failed)} |"
        )
    return "\n".join(lines), failures


def leave_one_out(paths):
    """Numbers that a machine moved further than the others' measurement allows.

    Returns:
        (a sentence for each such number, how many numbers moved on any machine).
    """
    found, total = [], 0
    for path in paths:
        runs = {machine: kept(path, machine) for machine in MACHINES}
        if None in runs.values():
            raise ValueError(f"{path.stem} was not run under every arithmetic yet")
        for number, cell in enumerate(nbformat.read(path, 4).cells):
            if comparison.ignored(cell):
                continue
            outputs = {m: run.notebook.cells[number].outputs for m, run in runs.items()}
            steps = {
                m: comparison.movement(cell.outputs, o) for m, o in outputs.items()
            }
            if None in steps.values():
                found.append(f"{path.stem}, cell {number}: words differ")
                continue
            total += sum(max(column) > 1e-12 for column in zip(*steps.values()))
            for machine, output in outputs.items():
                others = [steps[other] for other in MACHINES if other != machine]
                moved = {str(i): max(column) for i, column in enumerate(zip(*others))}
                moved = {i: step for i, step in moved.items() if step > 1e-12}
                found += [
                    f"{path.stem}, cell {number}, {machine} left out: {difference}"
                    for difference in comparison.differences(
                        cell.outputs, output, moved
                    )
                ]
    return found, total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", help="beginnings of notebook names; all if none"
    )
    parser.add_argument(
        "--kept", action="store_true", help="show the last runs, run nothing"
    )
    parser.add_argument(
        "--leave-one-out", action="store_true", help="test the multiple"
    )
    arguments = parser.parse_args()
    paths = notebook_paths(arguments.names)
    if arguments.leave_one_out:
        failures, total = leave_one_out(paths)
        print(f"{total} numbers moved; beyond {comparison.MULTIPLE} times what "
              f"the other machines gave: {len(failures)}")  # fmt: skip
    else:
        if arguments.kept:
            pairs = [(path, machine) for path in paths for machine in MACHINES]
            runs = {pair: done for pair in pairs if (done := kept(*pair))}
        else:
            runs = run_all(paths)
        text, failures = table(runs)
        print(text)
        if not arguments.names:  # all: the table that CONTRIBUTING.md shows
            page = CONTRIBUTING.read_text("utf-8")
            CONTRIBUTING.write_text(between("machines", page, text), "utf-8")
    print(*failures, sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
