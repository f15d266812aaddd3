"""A `.zip` of photographs, unpacked once into the cache, and nowhere else."""

import contextlib
import hashlib
import os
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from tqdm.auto import tqdm

from utils.files import cache_folder, fill_atomically
from utils.photographs.lazy import stamp_of
from utils.photographs.tables import composed

MOST_UNPACKED = 20 * 10**9  # bytes of an archive's whole content
REMEDY = "Unpack it yourself, look at what it holds, and hand in the folder."


def unpack(path, limit=MOST_UNPACKED):
    """The content of a `.zip`, as a folder of the course's cache.

    Unpacked once; an archive that has changed is another one. Nothing is written if
    a member would leave the folder, is a link or encrypted, or if all together are
    too large.

    Args:
        path: str or `pathlib.Path` of the archive.
        limit: bytes that the whole content may need.

    Returns:
        `pathlib.Path` of the folder.

    Raises:
        ValueError: if it is no such archive, or one that is not to be trusted.
        OSError: if the archive is damaged, or there is no room for its content.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with zipfile.ZipFile(Path(folder) / "bad.zip", "w") as archive:
    ...         archive.writestr("../outside.txt", "")
    ...     unpack(Path(folder) / "bad.zip")
    Traceback (most recent call last):
    ValueError: `bad.zip` must stay in its folder. Received: the member \
'../outside.txt'. Unpack it yourself, look at what it holds, and hand in the folder.
    """
    path = Path(path).resolve()
    identity = repr((str(path), *stamp_of(path)))
    digest = hashlib.sha256(identity.encode()).hexdigest()
    folder = cache_folder() / "unpacked" / f"{path.stem}-{digest[:16]}"
    if folder.exists():
        return folder
    try:
        with zipfile.ZipFile(path) as archive:
            members = _checked(path.name, archive.infolist(), limit)
            needed = sum(member.file_size for member in members.values())
            _make(folder.parent)
            if needed > (free := shutil.disk_usage(folder.parent).free):
                raise OSError(
                    f"{path.name} needs {needed / 1e9:.1f} GB in {folder.parent}; "
                    f"{free / 1e9:.1f} are free. Set COURSE_CACHE to a larger disk."
                )
            fill_atomically(folder, lambda target: _fill(target, archive, members))
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise OSError(
            f"{path} is damaged, or no .zip that can be read ({error}). "
            "Make it, or fetch it, again."
        ) from error
    return folder


def _checked(name, infos, limit):
    """{path within the folder: member}, of the files among the members."""
    members, taken = {}, set()
    for info in infos:
        inner = _name(info).replace("\\", "/")  # some Windows programs write those
        parts = PurePosixPath(inner).parts
        windows = PureWindowsPath(inner)
        if not parts or ".." in parts or inner.startswith("/") or windows.drive:
            raise ValueError(
                f"`{name}` must stay in its folder. "
                f"Received: the member {info.filename!r}. {REMEDY}"
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ValueError(
                f"`{name}` must hold no links. "
                f"Received: the link {info.filename!r}. {REMEDY}"
            )
        if info.flag_bits & 1:
            raise ValueError(
                f"`{name}` must not be encrypted. "
                f"Received: {info.filename!r}, which asks for a password. {REMEDY}"
            )
        if inner.endswith("/"):
            continue
        path = "/".join(parts)
        if path.lower() in taken:  # on some disks one file
            raise ValueError(
                f"`{name}` must hold each file once. "
                f"Received: {info.filename!r} again. {REMEDY}"
            )
        taken.add(path.lower())
        members[path] = info
    if (size := sum(info.file_size for info in infos)) > limit:
        raise ValueError(
            f"`{name}` must hold at most {limit / 1e9:g} GB. "
            f"Received: {size / 1e9:.3g} GB when unpacked. {REMEDY}"
        )
    return members


def _name(info):
    """The name of a member, in UTF-8 wherever it can be.

    Some programs write UTF-8 and do not say so; it is then read as an old code page.
    """
    name = info.filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return composed(name)


def _make(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"The archive cannot be unpacked into {folder} ({error.strerror}). "
            "Set COURSE_CACHE to a folder that can be written."
        ) from error


def _fill(folder, archive, members):
    quiet = bool(os.environ.get("TQDM_DISABLE"))
    bar = tqdm(members.items(), desc="unpacking", leave=False, disable=quiet)
    for inner, member in bar:
        path = folder / inner
        path.parent.mkdir(parents=True, exist_ok=True)
        # never more than the size that it states: the sum was compared
        with archive.open(member) as source, path.open("xb") as target:
            shutil.copyfileobj(source, target)
