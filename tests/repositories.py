"""Git repositories for tests: a folder's, and a copy of the course as it stands."""

import shutil
import subprocess

import pytest
from course import ROOT, settings

IDENTITY = ["-c", "user.name=course", "-c", "user.email=course@example.org"]


def git(folder, *arguments):
    """What a git command prints in a folder; it must succeed."""
    command = ["git", *IDENTITY, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder):
    """Make a git repository of a folder, with one commit on the course's branch."""
    git(folder, "init", "-q", "-b", settings()["branch"])
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "course")
    return folder


def copy_of_course(folder):
    """A git repository with the files of this checkout as they are now."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("needs git and a git checkout")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.check_output(listing, cwd=ROOT, text=True).split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return commit(folder)
