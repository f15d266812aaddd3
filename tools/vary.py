"""Vary the claims of notebooks; write docs/claims.csv and docs/claims.md from it.

    python tools/vary.py            # every variation that has no row yet
    python tools/vary.py 04 05      # of notebooks that begin with 04 or 05
    python tools/vary.py --anew 04  # those that have their rows, too
    python tools/vary.py --page     # the page alone

How to write a claim: tools/claims/__init__.py. Each variation is computed by a process
with one thread, as many side by side as processors and memory allow. Its row is
written at once, so a run that was stopped goes on where it was. The exit status says
whether a claim fell or a variation could not be computed.
"""

import argparse
import ast
import csv
import importlib.metadata
import importlib.util
import inspect
import io
import multiprocessing
import os
import platform
import re
import sys
import threading
import time
import tokenize
import traceback
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import psutil
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the course's helpers
import claims
from threads import ONE_THREAD

from utils.files import ROOT, write_atomically

PACKAGE = ROOT / "tools" / "claims"
TABLE = ROOT / "docs" / "claims.csv"
PAGE = ROOT / "docs" / "claims.md"
COLUMNS = (
    "notebook",
    "claim",
    "variation",
    "result",
    "holds",
    "seconds",
    "versions",
    "source",
)
# Every process imports this file: what needs nbformat, which takes seconds, is imported
# where it is used.
LIBRARIES = ("numpy", "scipy", "scikit-learn", "tensorflow", "keras")
GIGABYTES = 2  # of a claim that states nothing
RED = "🔴"


@dataclass(frozen=True)
class Variation:
    """One row to be: which claim of which module, and what is varied."""

    path: Path
    notebook: str
    claim: str
    name: str
    source: str
    gigabytes: float

    @property
    def key(self):
        return self.notebook, self.claim, self.name


# What there is to vary


def modules(folder=PACKAGE):
    """The claims' modules, those that say of which `NOTEBOOK`, in its order."""
    found = [load(path) for path in sorted(Path(folder).glob("[!_]*.py"))]
    found = [module for module in found if hasattr(module, "NOTEBOOK")]
    return sorted(found, key=lambda module: module.NOTEBOOK)


def load(path):
    """The module in a file, under the package's name wherever the file is."""
    spec = importlib.util.spec_from_file_location(f"claims.{Path(path).stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def functions(module):
    """The claims of a module, in the order of its text."""
    own = [
        value
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]
    return sorted(own, key=lambda function: function.__code__.co_firstlineno)


def listed(folder=PACKAGE, notebooks=None):
    """All variations, and the claims that could not even list theirs.

    Args:
        folder: where the claims' modules are.
        notebooks: names of notebooks; None for all.

    Returns:
        (list of `Variation`, `{(notebook, claim): traceback}`).
    """
    found, broken = [], {}
    for module in modules(folder):
        if notebooks is not None and module.NOTEBOOK not in notebooks:
            continue
        path = Path(module.__file__)
        for claim in functions(module):
            name = claim.__name__
            source = digest(path, name)
            gigabytes = getattr(claim, "gigabytes", GIGABYTES)
            try:
                names = [variation for variation, _ in claim()]
            except Exception:
                broken[module.NOTEBOOK, name] = traceback.format_exc()
                continue
            found += [
                Variation(path, module.NOTEBOOK, name, variation, source, gigabytes)
                for variation in names
            ]
    return found, broken


def digest(path, name):
    """Of a function's source and of all that it uses of its module and of the package.

    Args:
        path: of the module.
        name: of the function.

    Returns:
        Eight hexadecimal digits, the same whatever the comments, docstrings and line
        breaks.
    """
    seen, waiting = {}, [(Path(path), name)]
    text = cache(lambda path: path.read_text("utf-8"))  # the file may change later
    while waiting:
        place = waiting.pop()
        known = _definitions(place[0], text(place[0])).get(place[1])
        if known is None or place in seen:  # a builtin, an argument, another library's
            continue
        seen[place], used = known
        waiting += used
    told = sorted((path.name, name, text) for (path, name), text in seen.items())
    return sha256(repr(told).encode()).hexdigest()[:8]


@cache
def _definitions(path, text):
    """{name: (its meaning, [places that it uses])} of the top of a module's text."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "")[:6] == "claims":
            file = PACKAGE / f"{node.module[7:] or '__init__'}.py"
            for alias in node.names:
                found[alias.asname or alias.name] = "", [(file, alias.name)]
            continue
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [n.id for t in node.targets for n in ast.walk(t) if _is_name(n)]
        else:
            continue
        used = [(path, n.id) for n in ast.walk(node) if _is_name(n)]
        meaning = _meaning(ast.get_source_segment(text, node))
        found.update({name: (meaning, used) for name in names})
    return found


def _is_name(node):
    return isinstance(node, ast.Name)


def _meaning(text):
    """Source without what a formatter, or a better comment, may change.

    >>> _meaning("x = f(\\n    1,  # one\\n    2,\\n)") == _meaning("x = f(1, 2)")
    True
    """
    parts, before = [], None
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        docstring = token.type == tokenize.STRING and before == tokenize.INDENT
        if token.type in (tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE):
            parts.append(tokenize.tok_name[token.type])
        elif token.type not in (tokenize.COMMENT, tokenize.NL) and not docstring:
            parts.append(token.string)
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            before = token.type
    squeezed = re.sub(r"\s", "", " ".join(parts))
    return re.sub(r",(?=[)\]}])", "", squeezed)


# The rows


def rows(table=TABLE):
    """{(notebook, claim, variation): row} of the csv."""
    if not table.exists():
        return {}
    with table.open(encoding="utf-8", newline="") as stream:
        kept = list(csv.DictReader(stream))
    return {(row["notebook"], row["claim"], row["variation"]): row for row in kept}


def write(known, table=TABLE):
    """Write the csv, all of it or nothing."""

    def fill(stream):
        text = io.TextIOWrapper(stream, "utf-8", newline="")
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(known.values())
        text.flush()
        text.detach()

    write_atomically(table, fill)
    table.chmod(0o644)  # a temporary file is its owner's alone


def missing(variations, known):
    """Variations without a row, or with one of another source."""
    sources = {key: row["source"] for key, row in known.items()}
    return [v for v in variations if sources.get(v.key) != v.source]


def compute(variation):
    """The row of one variation, a dict."""
    module = _loaded(variation.path)
    claims.recalled, start = 0.0, time.perf_counter()
    for name, job in getattr(module, variation.claim)():
        if name == variation.name:
            row = job()
            break
    seconds = time.perf_counter() - start + claims.recalled
    return {
        "notebook": variation.notebook,
        "claim": variation.claim,
        "variation": variation.name,
        "result": row.result,
        "holds": "yes" if row.holds else "no",
        "seconds": f"{seconds:.1f}",
        "versions": versions(),
        "source": variation.source,
    }


_loaded = cache(load)  # a worker keeps what its modules have read


def versions():
    """What computed a row, in words."""
    found = [f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES]
    return ", ".join([f"python {platform.python_version()}", *found])


def workers(waiting):
    """How many variations may run side by side."""
    try:
        processors = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        processors = os.cpu_count() or 1
    free = psutil.virtual_memory().available / 1e9
    fitting = int(free / max(variation.gigabytes for variation in waiting))
    return max(1, min(processors, fitting, len(waiting)))


def one_thread():
    """A context in which processes start that compute in one thread, without bars."""
    return patch.dict(os.environ, ONE_THREAD, TQDM_DISABLE="1")


def _start(lock):
    claims.lock = lock
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    """A run that was killed leaves no process behind."""
    multiprocessing.parent_process().join()
    os._exit(1)


def vary(folder=PACKAGE, table=TABLE, notebooks=None, anew=False, report=tqdm.write):
    """Compute what is missing; each row is written as soon as it is there.

    Args:
        folder: where the claims' modules are.
        table: the csv.
        notebooks: names of notebooks; None for all.
        anew: True computes rows that are there as well.
        report: function that receives a line for each row.

    Returns:
        `{(notebook, claim) or (notebook, claim, variation): traceback}` of what could
        not be computed.
    """
    variations, broken = listed(folder, notebooks)
    order = {variation.key: place for place, variation in enumerate(variations)}
    known = rows(table)
    waiting = missing(variations, {} if anew else known)
    gone = {variation.key for variation in waiting}
    chosen = {module.NOTEBOOK for module in modules(folder)}
    if notebooks is not None:
        chosen &= set(notebooks)
    # a row of another source says nothing about this one
    kept = [k for k in known if k[0] not in chosen or (k in order and k not in gone)]
    known = {key: known[key] for key in kept}
    write(known, table)
    if not waiting:
        return broken
    spawn = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    with (
        one_thread(),
        ProcessPoolExecutor(workers(waiting), spawn, _start, (spawn.Lock(),)) as pool,
        tqdm(total=len(waiting), desc="variations", disable=None) as bar,
    ):
        jobs = {pool.submit(compute, variation): variation for variation in waiting}
        for job in as_completed(jobs):
            variation = jobs[job]
            try:
                row = job.result()
            except BrokenProcessPool:
                broken[variation.key] = (
                    "A process was killed, perhaps for its memory.\n"
                )
            except Exception as error:
                broken[variation.key] = "".join(traceback.format_exception(error))
            else:
                known[variation.key] = row
                known = dict(
                    sorted(known.items(), key=lambda item: _place(item[0], order))
                )
                write(known, table)
                verdict = "holds" if row["holds"] == "yes" else red("falls")
                report(f"{' · '.join(variation.key[1:])}: {verdict}, {row['result']}")
            bar.update()
    return broken


def _place(key, order):
    return key[0], order.get(key, 0)  # others' rows keep their order


def red(text):
    """In red, where that can be seen."""
    return f"\033[31m{text}\033[0m" if sys.stdout.isatty() else text


# The page


def sentences(names=None):
    """{(notebook, function): [sentence, …]} from the `claim` metadata of all cells.

    Raises:
        ValueError: if a cell's `claim` is not as it has to be.
    """
    import nbformat
    from course import notebook_paths

    found = defaultdict(list)
    for path in notebook_paths():
        for cell in nbformat.read(path, 4).cells:
            stated = cell.metadata.get("claim", [])
            for claim in stated if isinstance(stated, list) else [stated]:
                try:
                    found[path.stem, claim["function"]].append(claim["says"])
                except (KeyError, TypeError):
                    form = '{"says": a sentence, "function": a name}'
                    raise ValueError(
                        f"{path.name}: the metadata `claim` must be {form}. "
                        f"Received: {claim!r}"
                    ) from None
    return found


def fallen(known):
    """[(notebook, claim), …] that do not hold in every variation."""
    return sorted({key[:2] for key, row in known.items() if row["holds"] != "yes"})


def page(known, said, folder=PACKAGE):
    """The text of docs/claims.md.

    Args:
        known: `rows()`.
        said: `sentences()`.
        folder: where the claims' modules are: their docstrings say what is varied.
    """
    varied = {
        (module.NOTEBOOK, claim.__name__): " ".join((claim.__doc__ or "").split())
        for module in modules(folder)
        for claim in functions(module)
    }
    by_claim = defaultdict(list)
    for key, row in known.items():
        by_claim[key[:2]].append(row)
    fell = fallen(known)
    verdict = f"{RED} {len(fell)} fell" if fell else "none fell"
    lines = [
        "# Claims and how they fared",
        "",
        "Generated by `make claims` from claims.csv. A sentence that compares is "
        "varied as an opponent would, and must hold in every variation. A difference "
        "comes with its 95 % interval: over folds, corrected for the images that train "
        "in several, over likely modules or over images, drawn again. "
        f"Of {len(by_claim)} claims, {verdict}.",
    ]
    notebook = ""
    for (stem, claim), found in by_claim.items():
        if stem != notebook:
            notebook = stem
            lines += ["", f"## [{stem}](../notebooks/{stem}.ipynb)"]
        no = sum(row["holds"] != "yes" for row in found)
        fared = f"{RED} fell in {no} of {len(found)} variations" if no else "holds"
        lines += ["", f"### {claim}: {fared}", ""]
        for sentence in said.get((stem, claim), ["*No cell of the notebook says it.*"]):
            lines += [f"> {sentence}", ""]
        lines += [f"What is varied: {varied.get((stem, claim), '')}", ""]
        lines += ["| variation | result | holds |", "|---|---|---|"]
        for row in found:
            cells = (row["variation"], row["result"], _holds(row))
            lines.append(
                f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
            )
        minutes = sum(float(row["seconds"]) for row in found) / 60
        used = "; ".join(sorted({row["versions"] for row in found}))
        lines += ["", f"{minutes:.1f} minutes; {used}."]
    return "\n".join(lines) + "\n"


def _holds(row):
    return row["holds"] if row["holds"] == "yes" else f"{RED} {row['holds']}"


def write_page():
    """Write docs/claims.md from docs/claims.csv."""
    text = page(rows(), sentences())
    PAGE.write_text(text, "utf-8")


def main():
    from course import notebook_paths

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="beginnings of notebook names; or all")
    parser.add_argument("--anew", action="store_true", help="also what has its rows")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    arguments = parser.parse_args()
    names = {path.stem for path in notebook_paths(arguments.names)}
    try:
        said = sentences()
    except ValueError as problem:
        sys.exit(str(problem))
    broken = {} if arguments.page else vary(notebooks=names, anew=arguments.anew)
    write_page()
    fell = [key for key in fallen(rows()) if key[0] in names]
    for key, reason in broken.items():
        print(red(f"{' · '.join(key)} could not be computed:"), reason, sep="\n")
    for key in fell:
        print(red(f"{' · '.join(key)} fell:"), *said[key])
    varied = {key[:2] for key in [*rows(), *broken]}
    unvaried = [key for key in said if key[0] in names and key not in varied]
    for notebook, claim in unvaried:
        print(
            red(f"{notebook} · {claim} is not varied:"),
            f'no module of tools/claims for NOTEBOOK = "{notebook}" has this function.',
        )
    counts = f"{len(fell)} claims fell, {len(broken)} could not be computed"
    print(f"{counts}: {PAGE.relative_to(ROOT)}")
    sys.exit(bool(fell or broken or unvaried))


if __name__ == "__main__":
    main()
