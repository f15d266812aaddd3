"""Execute every notebook without a browser, print what it took, build the site."""

import shutil
import subprocess
import sys

import nbformat
from course import ROOT, notebook_paths
from execution import execute

BUILD = ROOT / "build"
PAGES = BUILD / "pages"


def prepare(notebook):
    """For the site: alt texts where myst-nb seeks them, no cell that only sets up."""
    for cell in notebook.cells:
        if "alt" in cell.metadata:
            cell.metadata["mystnb"] = {"image": {"alt": cell.metadata["alt"]}}


def build_site(runs):
    """Sphinx pages of the executed notebooks in build/site; every asset is local."""
    shutil.rmtree(PAGES, ignore_errors=True)
    (PAGES / "notebooks").mkdir(parents=True)
    (PAGES / "teaching").mkdir()
    for page in (ROOT / "docs").rglob("*.md"):
        text = page.read_text("utf-8").replace("../notebooks/", "notebooks/")
        (PAGES / page.relative_to(ROOT / "docs")).write_text(text, "utf-8")
    for name in ("conf.py", "figure.png"):
        shutil.copy(ROOT / "docs" / name, PAGES)
    for path, run in runs.items():
        prepare(run.notebook)
        nbformat.write(run.notebook, PAGES / "notebooks" / path.name)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    return subprocess.call([*command, str(PAGES), str(BUILD / "site")])


def main():
    paths, runs = notebook_paths(), {}
    for number, path in enumerate(paths, 1):
        label = f"[{number}/{len(paths)}] {path.stem}"

        def progress(done, cells, label=label):
            if sys.stdout.isatty():
                print(f"\r{label}: cell {done} of {cells}", end="", flush=True)

        runs[path] = execute(path, progress=progress)
        start = "\r" if sys.stdout.isatty() else ""
        print(
            f"{start}{label}: {'failed' if runs[path].error else 'done'}" + " " * 20,
            flush=True,
        )
    print(f"\n{'notebook':28}{'minutes':>8}{'peak GB':>9}  status")
    for path, run in runs.items():
        status = "failed" if run.error else "ok"
        minutes, gigabytes = run.seconds / 60, run.peak_bytes / 1e9
        print(f"{path.stem:28}{minutes:8.1f}{gigabytes:9.1f}  {status}")
    failed = [path for path, run in runs.items() if run.error]
    for path in failed:
        print(f"\n{path.name}:\n{runs[path].error}", file=sys.stderr)
    if failed:
        sys.exit(
            f"{len(failed)} of {len(paths)} notebooks failed; the site was not built"
        )
    if build_site(runs):
        sys.exit("the site could not be built")
    print(f"\nThe site: {(BUILD / 'site' / 'index.html').as_uri()}")


if __name__ == "__main__":
    main()
