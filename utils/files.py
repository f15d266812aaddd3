"""Where shipped and cached files live, and how they are read and written safely."""

import contextlib
import hashlib
import os
import platform
import shutil
import time
import uuid
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
UNFINISHED = ".unfinished-"
OURS = f"{UNFINISHED}{platform.node()}-"  # then the process, and a number of its own
DAY = 24 * 3600


def data_file(name, folder=DATA):
    """Path of a shipped file, after its checksum was compared.

    Args:
        name: file name, such as `"mnist.npz"`.
        folder: where the file and its `SHA256SUMS` are.

    Returns:
        A `pathlib.Path`.

    Raises:
        ValueError: if the course ships no such file.
        FileNotFoundError: if the file is gone.
        OSError: if its content is not what was shipped.

    Example:

    >>> data_file("mnist.npz").name
    'mnist.npz'
    """
    sums = {}
    for line in (Path(folder) / "SHA256SUMS").read_text("utf-8").splitlines():
        digest, _, entry = line.partition("  ")
        sums[entry] = digest
    if name not in sums:
        raise ValueError(f"The course ships {', '.join(sums)}. Received: {name!r}")
    path = Path(folder) / name
    remedy = f"Restore it with `git checkout -- data/{name}` or clone the course again."
    if not path.exists():
        raise FileNotFoundError(f"data/{name} is missing. {remedy}")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sums[name]:
        raise OSError(
            f"data/{name} is damaged: its checksum is not the shipped one. {remedy}"
        )
    return path


def cache_folder():
    """Folder for what can be computed again: `$COURSE_CACHE`, or `.cache` in `ROOT`.

    >>> cache_folder().is_absolute()
    True
    """
    return Path(os.environ.get("COURSE_CACHE") or ROOT / ".cache").expanduser()


def write_atomically(path, write):
    """Write a file so that a reader, or a kill, sees all of it or nothing.

    Who may read it is up to the user's umask, as for any other file. What killed
    processes left unfinished in the folder is removed.

    Args:
        path: where the file shall be; its folder is made when missing.
        write: function that receives a binary file object and fills it.

    Raises:
        OSError: if the folder cannot be written.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "new" / "greeting.txt"
    ...     write_atomically(path, lambda stream: stream.write(b"hello"))
    ...     path.read_bytes()
    b'hello'
    """
    with _unfinished(path) as temporary, temporary.open("xb") as stream:
        write(stream)


def fill_atomically(folder, fill):
    """Make a folder so that a reader, or a kill, sees all of it or nothing.

    Args:
        folder: where it shall be; if it is there already, it stays as it is.
        fill: function that receives the `pathlib.Path` of an empty folder and writes
            the content into it.

    Raises:
        OSError: if it cannot be written.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     folder = Path(parent) / "new"
    ...     fill_atomically(folder, lambda path: (path / "a.txt").touch())
    ...     [path.name for path in folder.iterdir()]
    ['a.txt']
    """
    if Path(folder).exists():
        return
    try:
        with _unfinished(folder) as temporary:
            temporary.mkdir()
            fill(temporary)
    except OSError:
        if not Path(folder).exists():  # else another process was faster
            raise


@contextlib.contextmanager
def _unfinished(path):
    """A path to write to, which becomes `path` in the end, or is removed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear_unfinished(path.parent)
    temporary = path.parent / f"{OURS}{os.getpid()}-{uuid.uuid4().hex}"
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        _remove(temporary)
        raise


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _clear_unfinished(folder):
    """Of processes that run no longer; of other computers, what is a day old."""
    for left in folder.glob(f"{UNFINISHED}*"):
        process = left.name.removeprefix(OURS).split("-")[0]
        with contextlib.suppress(OSError):  # another process was faster
            if left.name.startswith(OURS) and process.isdecimal():
                stale = not psutil.pid_exists(int(process))
            else:
                stale = time.time() - left.stat().st_mtime > DAY
            if stale:
                _remove(left)
