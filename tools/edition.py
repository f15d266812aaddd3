"""`make edition NAME=2027-spring`: a git tag that a class can rely on.

The tag's notebooks fetch the tag, link to the tag and say so; the branch, the working
tree and the index of whoever calls this stay as they are. What changed for a learner
stands in docs/changes.md before an edition is made.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bundle import check_committed, git
from course import ROOT, edition_mark

CHANGES = "docs/changes.md"
LONGEST = 15  # the name stands in the set-up cell, whose lines are at most 88 wide


def section(name, text):
    """What a page says under the heading `## name`, or "".

    Args:
        name: the heading.
        text: Markdown.

    >>> section("2027-spring", "## 2027-spring\\n\\nMore.\\n\\n## 2026\\n\\nLess.")
    'More.'
    """
    parts = re.split(r"^## (.+?)\s*$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], map(str.strip, parts[2::2]))).get(name, "")


def check_name(name, folder=ROOT):
    """Refuse a name that git, a set-up cell or an earlier edition rules out.

    Args:
        name: of the edition.
        folder: the repository's root.

    Raises:
        ValueError: with the reason.
    """
    fits = re.fullmatch(rf"[0-9A-Za-z][\w.-]{{0,{LONGEST - 1}}}", name, re.ASCII)
    ref = f"refs/tags/{name}"
    if not fits or not succeeds(folder, "check-ref-format", ref):
        raise ValueError(
            f"An edition's name has 1 to {LONGEST} letters, digits, dots and hyphens "
            f"and can be a git tag, such as NAME=2027-spring. Received: {name!r}"
        )
    for kind, place in (("tag", ref), ("branch", f"refs/heads/{name}")):
        if succeeds(folder, "show-ref", "--verify", "-q", place):
            raise ValueError(
                f"There is a {kind} {name} already, and an edition never changes. "
                "Choose another name."
            )
    if (folder / edition_mark(name)).exists():
        raise ValueError(
            f"{edition_mark(name)} is a file of the course. Choose another name."
        )


def succeeds(folder, *arguments):
    """True if a git command does."""
    return not subprocess.call(["git", "-C", str(folder), *arguments])


def changed_notebooks(text, folder=ROOT):
    """Lines for the page of changes: what git knows since the last edition.

    Args:
        text: of the page; the first heading that is a tag is the last edition.
        folder: the repository's root.
    """
    tags = set(git("tag", folder=folder).split())
    headings = re.findall(r"^## (.+?)\s*$", text, flags=re.MULTILINE)
    last = next((heading for heading in headings if heading in tags), None)
    if last is None:
        return ["- This is the first edition."]
    # of what it was made from: its own commit only stamps links
    listing = ("diff", "--name-only", f"{last}^", "HEAD", "--", "notebooks/*.ipynb")
    names = git(*listing, folder=folder).split()
    return [f"- {Path(name).stem}: " for name in names] or ["- No notebook changed."]


def check_changes(name, folder=ROOT):
    """Refuse an edition of which docs/changes.md says nothing.

    Args:
        name: of the edition.
        folder: the repository's root.

    Raises:
        ValueError: with a draft of what to write.
    """
    text = (folder / CHANGES).read_text("utf-8")
    if not section(name, text):
        draft = "\n".join([f"## {name}", "", *changed_notebooks(text, folder)])
        raise ValueError(
            f"{CHANGES} has no section {name}. Say there, for a learner, what changed "
            f"(newest first), and commit it. A draft, by git:\n\n{draft}"
        )


def name_it(name, folder):
    """Write an edition's name and mark into a copy of the course.

    Args:
        name: of the edition.
        folder: the copy.
    """
    file = folder / "pyproject.toml"
    text = file.read_text("utf-8")
    for key in ("branch", "edition"):
        line = rf'^{key} = "[^"]*"'
        text, count = re.subn(line, f'{key} = "{name}"', text, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(
                f"pyproject.toml needs one line `{key} = …`; it has {count}."
            )
    file.write_text(text, "utf-8")
    base = git("log", "-1", "--format=%h of %cs", folder=folder)
    told = f"Edition {name}, made from {base}.\n"
    (folder / edition_mark(name)).write_text(told, "utf-8")


def edition(name, folder=ROOT):
    """Tag an edition, made from the last commit.

    Args:
        name: of the edition and its tag.
        folder: the repository's root.

    Raises:
        ValueError: if the name does not do, files are not committed, the page of
            changes is silent, or a notebook cannot be stamped. Nothing is left then.
    """
    folder = Path(folder)
    check_committed(folder)
    check_name(name, folder)
    check_changes(name, folder)
    with tempfile.TemporaryDirectory(prefix="edition-") as scratch:
        copy = Path(scratch) / "course"
        git("worktree", "add", "-q", "--detach", str(copy), "HEAD", folder=folder)
        try:
            name_it(name, copy)
            stamp = [sys.executable, "tools/refresh.py", "--stamp"]
            done = subprocess.run(stamp, cwd=copy, capture_output=True, text=True)
            if done.returncode:
                raise ValueError(f"It could not be stamped: {done.stderr.strip()}")
            git("add", "--all", folder=copy)
            git("commit", "-q", "-m", f"Edition {name}", folder=copy)
            git("tag", "-a", name, "-m", f"Edition {name}", folder=copy)
        finally:
            git("worktree", "remove", "--force", str(copy), folder=folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="such as 2027-spring")
    name = parser.parse_args().name
    try:
        edition(name)
    except ValueError as problem:
        sys.exit(str(problem))
    print(f"The tag {name} holds the edition; your branch is as it was. Publish it:")
    print(f"    git push origin {name}")


if __name__ == "__main__":
    main()
