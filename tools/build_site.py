"""Build the site in build/site from the notebooks as they are stored: nothing is run.

    python tools/build_site.py          # the whole site
    python tools/build_site.py 04 05    # with these notebooks only, for a quick look
    python tools/build_site.py --links  # instead ask every address that it links to

What is written once is copied here: the front page takes its figures from the stored
outputs and its table from README. Links between files become links between pages, and
a link to a file that is no page leads to the repository.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

import nbformat
from course import ROOT, notebook_paths, settings
from figures import picture

BUILD = ROOT / "build"
PAGES = BUILD / "pages"
SITE = BUILD / "site"
SLIDES = BUILD / "slides"
NO_PAGES = ("*.csv", "requirements.txt", "checks.txt", "reveal", "*.md")

LINK = re.compile(r"\]\(([^()\s:#]+)(#[^()\s]*)?\)")
FIGURE = re.compile(r"^(```\{figure\}) stored:(\S+)/(\S+)$", re.M)
TABLE = re.compile(r"^<!-- table -->$", re.M)
PATTERN = re.compile(r"^([\w/]+\*)\n", re.M)  # of a toctree
MINUTES = re.compile(r"<!-- minutes((?: \d\d)*) -->")
ROW = re.compile(r"^\| \[(\w+)\]\((\S+?)\).*?\| (.+?) \| (.*?) \|", re.M)


def relinked(text, place):
    """A page's text with the links that it needs on the site.

    Args:
        text: markdown with links as they are right in the repository.
        place: the file's folder there, such as `"docs"`.

    Example:

    >>> relinked("[a](../notebooks/01_NNBasics.ipynb#b)", "docs")
    '[a](notebooks/01_NNBasics.ipynb#b)'
    >>> relinked("[a](../docs/glossary.md), [b](#b), [c](no.md)", "notebooks")
    '[a](../glossary.md), [b](#b), [c](no.md)'
    >>> relinked("[a](../LICENSE)", "docs").endswith("/blob/main/LICENSE)")
    True
    """
    course = settings()
    here = place.removeprefix("docs").lstrip("/")

    def right(link):
        target = os.path.normpath(os.path.join(place, link[1])).replace(os.sep, "/")
        if not (ROOT / target).exists():
            return link[0]
        if target.startswith("docs/"):
            target = os.path.relpath(target.removeprefix("docs/"), here or ".")
        elif target.startswith("notebooks/"):
            target = os.path.relpath(target, here or ".")
        else:
            kind = "tree" if (ROOT / target).is_dir() else "blob"
            target = f"{course['repository']}/{kind}/{course['branch']}/{target}"
        return f"]({target.replace(os.sep, '/')}{link[2] or ''})"

    return LINK.sub(right, text)


def table(readme):
    """The front page's table, from README's: notebook, subject, minutes.

    >>> print(table("| [01_A](notebooks/01_A.ipynb) ([Colab](c)) | nets | 90 | 1 |"))
    | notebook | subject | minutes |
    |---|---|---|
    | [01_A](notebooks/01_A.ipynb) | nets | 90 |
    """
    lines = ["| notebook | subject | minutes |", "|---|---|---|"]
    lines += [f"| [{n}]({p}) | {s} | {m} |" for n, p, s, m in ROW.findall(readme)]
    return "\n".join(lines)


def spoken(readme, numbers):
    """How long some notebooks take, or all if none is named, from README's table.

    Raises:
        ValueError: if a notebook is not in the table.

    Example:

    >>> readme = "| [01_A](a) | nets | 90 |\\n| [02_B](b) | maps | 80 |"
    >>> spoken(readme, ["02"]), spoken(readme, [])
    ('80 minutes', '3 hours')
    """
    known = {name[:2]: int(m) for name, _, _, m in ROW.findall(readme)}
    if absent := set(numbers) - set(known):
        raise ValueError(f"docs/index.md: README lists no notebook {min(absent)}")
    minutes = sum(known[number] for number in numbers or known)
    return f"{minutes} minutes" if minutes <= 90 else f"{minutes / 60:.0f} hours"


def front(text, notebooks):
    """The front page's text and its figures.

    Args:
        text: docs/index.md, with `{figure} stored:NOTEBOOK/CELL`, `<!-- table -->`
            and `<!-- minutes 04 05 -->`.
        notebooks: `{name: notebook}`.

    Returns:
        The text for Sphinx, and `{file name: PNG}`.

    Raises:
        ValueError: if a cell that is named has no figure or no alt text.
    """
    files, docs = {}, ROOT / "docs"

    def figure(found):
        start, name, number = found.groups()
        cells = notebooks[name].cells if name in notebooks else []
        cell = next((cell for cell in cells if cell.id == number), None)
        png = picture(cell) if cell else None
        if png is None or "alt" not in cell.metadata:
            raise ValueError(
                f"docs/index.md shows the figure of cell {number} of {name}, which has "
                "no stored figure with an alt text. Name another cell there."
            )
        files[f"{name}-{number}.png"] = png
        options = f":alt: {cell.metadata['alt']}\n:target: notebooks/{name}.html"
        return f"{start} {name}-{number}.png\n{options}"

    def found_something(line):  # else Sphinx warns
        there = [*docs.glob(f"{line[1]}.md"), *ROOT.glob(f"{line[1]}.ipynb")]
        return line[0] if there else ""

    text = FIGURE.sub(figure, text)
    text = PATTERN.sub(found_something, text)
    readme = (ROOT / "README.md").read_text("utf-8")
    text = TABLE.sub(lambda _: table(readme), text)
    return MINUTES.sub(lambda found: spoken(readme, found[1].split()), text), files


def prepare(notebook, number):
    """For the site: a number, alt texts where myst-nb seeks them, links between pages.

    Args:
        notebook: a notebook as nbformat reads it; it is changed.
        number: `"04"`, by which other pages speak of it; it goes before the title.
    """
    title = notebook.cells[0]
    title.source = title.source.replace("# ", f"# {number} ", 1)
    for cell in notebook.cells:
        if "alt" in cell.metadata:
            cell.metadata["mystnb"] = {"image": {"alt": cell.metadata["alt"]}}
        if cell.cell_type == "markdown":
            cell.source = relinked(cell.source, "notebooks")


def write_pages(notebooks):
    """Everything that Sphinx reads, in build/pages.

    Args:
        notebooks: `{path: notebook}`; they are changed.
    """
    shutil.rmtree(PAGES, ignore_errors=True)
    docs = ROOT / "docs"
    shutil.copytree(docs, PAGES, ignore=shutil.ignore_patterns(*NO_PAGES))
    (PAGES / "notebooks").mkdir()
    for page in docs.rglob("*.md"):
        folder = page.parent.relative_to(ROOT).as_posix()
        text = relinked(page.read_text("utf-8"), folder)
        if page == docs / "index.md":
            names = {path.stem: notebook for path, notebook in notebooks.items()}
            text, files = front(text, names)
            for name, png in files.items():
                (PAGES / name).write_bytes(png)
        (PAGES / page.relative_to(docs)).write_text(text, "utf-8")
    for path, notebook in notebooks.items():
        prepare(notebook, path.stem[:2])
        nbformat.write(notebook, PAGES / "notebooks" / path.name)


def sphinx(builder, folder, *options):
    """Run Sphinx on build/pages; returns its exit status."""
    command = [sys.executable, "-m", "sphinx", "-q", "-b", builder, *options]
    return subprocess.call([*command, str(PAGES), str(folder)])


def build_site(notebooks, *options):
    """Sphinx pages in build/site; every asset is local.

    Args:
        notebooks: `{path: notebook}` with outputs; they are changed.
        options: of Sphinx; none makes a warning an error.

    Returns:
        Sphinx' exit status.
    """
    write_pages(notebooks)
    shutil.rmtree(SITE, ignore_errors=True)  # no page of a file that is gone
    return sphinx("html", SITE, *(options or ("-W", "--keep-going")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="beginnings of notebook names")
    parser.add_argument("--links", action="store_true", help="ask all links instead")
    arguments = parser.parse_args()
    names = arguments.names
    try:
        chosen = notebook_paths(names)
    except ValueError as problem:
        sys.exit(str(problem))
    named = FIGURE.findall((ROOT / "docs" / "index.md").read_text("utf-8"))
    shown = {name for _, name, _ in named}
    paths = [p for p in notebook_paths() if p in chosen or p.stem in shown]
    notebooks = {path: nbformat.read(path, 4) for path in paths}
    if arguments.links:
        write_pages(notebooks)
        if sphinx("linkcheck", BUILD / "links"):
            sys.exit(f"Links are broken: see {BUILD / 'links' / 'output.txt'}")
        return
    # where some are left out, links to them lead nowhere
    lenient = ["-D", "suppress_warnings=myst.xref_missing"] if names else []
    if build_site(notebooks, *lenient):
        sys.exit("the site could not be built")
    print(f"The site: {(SITE / 'index.html').as_uri()}")


if __name__ == "__main__":
    main()
