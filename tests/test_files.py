"""Files that are written: whole or not at all, for all who share the folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from utils.files import (
    OURS,
    UNFINISHED,
    cache_folder,
    fill_atomically,
    write_atomically,
)

HALF = (
    "import sys, time\n"
    "from utils.files import write_atomically\n"
    "def write(stream):\n"
    "    stream.write(b'new' * 10**6); stream.flush()\n"
    "    print('half', flush=True); time.sleep(60)\n"
    "write_atomically(sys.argv[1], write)"
)


def greet(stream):
    stream.write(b"hello")


def test_a_kill_in_mid_write_leaves_the_old_file_and_the_next_write_clears(tmp_path):
    path = tmp_path / "features.npz"
    path.write_bytes(b"old")
    command = [sys.executable, "-c", HALF, path]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "half\n"
    write_atomically(tmp_path / "other.txt", greet)
    unfinished = list(tmp_path.glob(f"{UNFINISHED}*"))
    assert len(unfinished) == 1  # its process still runs
    writer.kill()
    writer.wait()
    writer.stdout.close()
    assert path.read_bytes() == b"old" and unfinished[0].exists()
    write_atomically(tmp_path / "other.txt", greet)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["features.npz", "other.txt"]


def test_leftovers_of_other_computers_are_cleared_when_old(tmp_path):
    young, old = (tmp_path / f"{UNFINISHED}elsewhere-{n}-x" for n in (1, 2))
    for left in (young, old):
        left.write_text("half")
    os.utime(old, (0, 0))
    write_atomically(tmp_path / "a", greet)
    assert young.exists() and not old.exists()


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError(28, "No space left")])
def test_a_failed_write_leaves_nothing(tmp_path, fault):
    def write(stream):
        stream.write(b"half")
        raise fault

    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(fault if isinstance(fault, type) else OSError):
        write_atomically(path, write)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_others_who_share_the_folder_may_read(tmp_path):
    before = os.umask(0o022)
    try:
        write_atomically(tmp_path / "a", greet)
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_this_process_is_named_in_what_it_writes(tmp_path):
    seen = []
    write_atomically(tmp_path / "a", lambda _: seen.extend(tmp_path.iterdir()))
    assert seen[0].name.startswith(f"{OURS}{os.getpid()}-")


def test_a_tilde_in_the_cache_folder_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", "~/features")
    assert cache_folder() == Path.home() / "features"


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    def fail(folder):
        (folder / "a.txt").write_text("half")
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        fill_atomically(tmp_path / "new", fail)
    assert list(tmp_path.iterdir()) == []
    fill_atomically(tmp_path / "new", lambda folder: (folder / "a.txt").touch())
    fill_atomically(tmp_path / "new", fail)  # it is there
    assert [path.name for path in tmp_path.rglob("*")] == ["new", "a.txt"]


def test_of_two_that_fill_one_folder_the_first_stays(tmp_path):
    def late(folder):
        (folder / "b.txt").touch()
        fill_atomically(tmp_path / "new", lambda other: (other / "a.txt").touch())

    fill_atomically(tmp_path / "new", late)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.txt", "new"]


def test_what_a_killed_process_left_of_a_folder_is_removed(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"{OURS}{gone.pid}-x" / "inner"
    left.mkdir(parents=True)
    write_atomically(tmp_path / "other.txt", greet)
    assert [path.name for path in tmp_path.iterdir()] == ["other.txt"]
