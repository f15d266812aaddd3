"""Where shipped and cached files live, and how they are read and written safely."""

import hashlib
import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"


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
    path = Path(folder) / name
    lines = (Path(folder) / "SHA256SUMS").read_text().split("\n")
    sums = {
        entry: digest for digest, _, entry in (line.partition("  ") for line in lines)
    }
    remedy = f"Restore it with `git checkout -- data/{name}` or clone the course again."
    if name not in sums:
        shipped = ", ".join(entry for entry in sums if entry)
        raise ValueError(f"The course ships {shipped}. Received: {name!r}")
    if not path.exists():
        raise FileNotFoundError(f"data/{name} is missing. {remedy}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != sums[name]:
        raise OSError(
            f"data/{name} is damaged: its checksum is not the shipped one. {remedy}"
        )
    return path


def cache_folder():
    """Folder for what can be computed again: `$COURSE_CACHE`, or `.cache` in `ROOT`."""
    return Path(os.environ.get("COURSE_CACHE") or ROOT / ".cache")


def write_atomically(path, write):
    """Write a file so that a reader, or a kill, sees all of it or nothing.

    Args:
        path: where the file shall be; its folder is made when missing.
        write: function that receives a binary file object and fills it.

    Raises:
        OSError: if the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            write(stream)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
