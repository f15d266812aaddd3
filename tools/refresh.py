"""Execute notebooks in place and bring everything that is derived from them up to date.

    python tools/refresh.py            # all notebooks
    python tools/refresh.py 04 05      # those that begin with 04 or 05
    python tools/refresh.py --stamp    # links, tables and indexes only; execute nothing
    python tools/refresh.py --check    # say what is out of date, change nothing
    python tools/refresh.py --kept 04  # believe the other arithmetics' last runs

Each notebook is executed twice, first with an empty cache and then with the
one just filled. Their outputs must be the same; the two times make the cost card.
Where a cell is new or prints something new, the notebook is executed under every
arithmetic of tools/machines.py as well: by how much a number moves is stored with it.
"""

import argparse
import csv
import sys
import tempfile

import comparison
import concepts
import errata
import figures
import findings
import glossary
import machines
import minutes
import nbformat
import routes
import teaching
from course import ROOT, cost, notebook_paths, tagged
from execution import execute
from stamps import between, links, stamp, steady

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
README = ROOT / "README.md"
SEQUENCE = ROOT / "tools" / "sequence.csv"
FIGURE = ROOT / "docs" / "figure.png"


def bound(notebook, margins, runs):
    """Write into each cell by how much its numbers moved under other arithmetics.

    Args:
        notebook: as it will be stored.
        margins: of its findings.
        runs: `{machine: Run}`.

    Raises:
        ValueError: if words differ, a number moves too far, or a finding may fall.
    """
    faults = []
    for number, cell in enumerate(notebook.cells):
        if comparison.ignored(cell):
            continue
        steps = {}
        for machine, run in runs.items():
            other = run.notebook.cells[number]
            moved = comparison.movement(cell.outputs, other.outputs)
            if moved is None:
                words = comparison.differences(cell.outputs, other.outputs)
                faults += [f"cell {number} under {machine}: {d}" for d in words]
                continue
            for index, step in enumerate(moved):
                steps[index] = max(step, steps.get(index, 0))
        found = {
            str(i): float(f"{step:.2g}") for i, step in steps.items() if step > 1e-12
        }
        cell.metadata.pop("moved", None)
        if found:
            cell.metadata["moved"] = found
        faults += [f"cell {number}: {fault}" for fault in comparison.too_wide(cell)]
    others = {machine: run.margins for machine, run in runs.items()}
    faults += findings.weak(margins, others)
    if faults:
        raise ValueError("not the same on every machine:\n" + "\n".join(faults))


def refresh(path, again=True):
    """Execute one notebook and write it; raise ValueError if that cannot be done well.

    Args:
        path: the notebook.
        again: False believes the runs under other arithmetics that are kept.
    """
    stored = nbformat.read(path, 4)
    before = nbformat.writes(stored)
    stamp(stored, path)  # it refuses at once, and its set-up cell is the one that runs
    if nbformat.writes(stored) != before:
        nbformat.write(stored, path)
    with tempfile.TemporaryDirectory() as cache:
        first = execute(path, cache)
        warm = first if first.error else execute(path, cache)
    for run in (first, warm):
        if run.error:
            raise ValueError(run.error)
    if differ := comparison.disagreements(first.notebook, warm.notebook):
        raise ValueError("two runs differ:\n" + "\n".join(differ))
    notebook = warm.notebook
    new = comparison.keep(stored, notebook)
    figures.make_small(notebook)  # before the long part: it may refuse
    if new:
        runs = {
            m: (not again and machines.kept(path, m)) or None for m in machines.MACHINES
        }
        missing = [machine for machine, run in runs.items() if run is None]
        for (_, machine), run in machines.run_all([path], missing).items():
            runs[machine] = run
        for machine, run in runs.items():
            if run.error:
                raise ValueError(f"under {machine}: {run.error}")
        bound(notebook, warm.margins, runs)
    if new or not cost(notebook):
        stamp_cost(notebook, first, warm)
    stamp(notebook, path)
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook.metadata = nbformat.from_dict(metadata)  # that no run may change
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    peak = max(first.peak_bytes, warm.peak_bytes) / 1e9
    print(f"{path.stem}: {first.seconds:.0f} s cold, {warm.seconds:.0f} s warm, "
          f"{peak:.1f} GB, {new} cells new")  # fmt: skip


def stamp_cost(notebook, first, again):
    """Write what two runs took into the cost card, unless it says nearly that."""
    card = tagged(notebook, "cost-card")
    old = card.metadata.get("cost", {})
    peak = max(first.peak_bytes, again.peak_bytes) / 1e9
    longest = steady(first.seconds, old.get("first"), 30)
    card.metadata["cost"] = {
        "first": longest,  # a second run finds what the first one stored
        "again": min(longest, steady(again.seconds, old.get("again"), 30)),
        "memory": steady(peak, old.get("memory"), 0.5),
    }


def table():
    """The README's table of notebooks, the planned ones marked.

    Raises:
        ValueError: if a notebook is not in tools/sequence.csv.
    """
    lines = [
        "| notebook | subject | minutes of reading and doing "
        "| minutes of computing: first, again | memory | data |",
        "|---|---|---|---|---|---|",
    ]
    with SEQUENCE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    listed = {row["notebook"] for row in rows}
    if absent := [p.stem for p in notebook_paths() if p.stem not in listed]:
        raise ValueError(f"tools/sequence.csv needs a row for {', '.join(absent)}")
    for row in rows:
        path = ROOT / "notebooks" / f"{row['notebook']}.ipynb"
        if not path.exists():
            name = f"{row['notebook']} (planned)"
            lines.append(f"| {name} | {row['subject']} | | | | {row['data']} |")
            continue
        notebook = nbformat.read(path, 4)
        time, memory = "not measured", ""
        if spent := cost(notebook):
            time = f"{spent['first'] / 60:g}, {spent['again'] / 60:g}"
            memory = f"{spent['memory']:g} GB"
        colab, _ = links(path)
        name = f"[{path.stem}](notebooks/{path.name}) ([Colab]({colab}))"
        doing = minutes.core(notebook).rounded
        cells = (name, row["subject"], str(doing), time, memory, row["data"])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def derived():
    """{path: content as it should be} of everything that follows from the notebooks.

    Raises:
        ValueError: if a notebook cannot be stamped, or is not in tools/sequence.csv.
    """
    contents = {}
    for path in notebook_paths():
        notebook = nbformat.read(path, 4)
        try:
            stamp(notebook, path)
        except ValueError as problem:
            raise ValueError(f"{path.name}: {problem}") from problem
        figures.describe(notebook)
        contents[path] = nbformat.writes(notebook).rstrip("\n").encode() + b"\n"
    contents[concepts.PAGE] = concepts.page().encode()
    contents[glossary.PAGE] = glossary.page().encode()
    contents[errata.PAGE] = errata.page().encode()
    for path, text in (teaching.pages() | routes.pages()).items():
        contents[path] = text.encode()
    stored = (nbformat.read(path, 4) for path in notebook_paths())
    contents[FIGURE], alt = figures.chosen(stored)
    readme = between("notebooks", README.read_text("utf-8"), table())
    figure = f"![{alt}]({FIGURE.relative_to(ROOT).as_posix()})"
    contents[README] = between("figure", readme, figure).encode()
    return contents


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", help="beginnings of notebook names; all if none"
    )
    parser.add_argument("--stamp", action="store_true", help="execute nothing")
    parser.add_argument(
        "--kept", action="store_true", help="keep the other machines' runs"
    )
    parser.add_argument(
        "--check", action="store_true", help="only say what is out of date"
    )
    arguments = parser.parse_args()
    failed = False
    if not (arguments.stamp or arguments.check):
        for path in notebook_paths(arguments.names):
            try:
                refresh(path, again=not arguments.kept)
            except ValueError as problem:
                failed = True
                print(f"{path.name}: {problem}", file=sys.stderr)
    try:
        contents = derived()
    except ValueError as problem:
        sys.exit(
            f"{problem}\nLinks, README and the pages of docs were left as they are."
        )
    stale = {
        path: content
        for path, content in contents.items()
        if not path.exists() or path.read_bytes() != content
    }
    verdict = "is out of date" if arguments.check else "updated"
    for path, content in stale.items():
        print(f"{path.relative_to(ROOT)} {verdict}")
        if not arguments.check:
            path.write_bytes(content)
    sys.exit(failed or (arguments.check and bool(stale)))


if __name__ == "__main__":
    main()
