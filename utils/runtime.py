"""One call that makes a notebook ready: libraries, device, seeds, plot style."""

import atexit
import importlib
import importlib.metadata
import os
import re
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GPU_MENU = "For a GPU: menu Runtime > Change runtime type > T4 GPU."
NEW_RUNTIME = (
    "Choose menu Runtime > Disconnect and delete runtime, then run this cell again."
)
LIBRARIES = {
    "numpy": "NumPy",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "scipy": "SciPy",
    "sklearn": "scikit-learn",
    "threadpoolctl": "threadpoolctl",
    "skimage": "scikit-image",
    "matplotlib": "Matplotlib",
    "PIL": "Pillow",
    "tqdm": "tqdm",
    "psutil": "psutil",
}
PACKAGES = {"sklearn": "scikit-learn", "skimage": "scikit-image", "PIL": "pillow"}
LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Runtime:
    """What `setup` found: the `device`, `"CPU"` or `"GPU"`; how many; the seed."""

    device: str
    count: int
    seed: int

    def pick(self, cpu, gpu):
        """The one of two settings that fits the device.

        >>> Runtime("CPU", 1, 0).pick(cpu=160, gpu=224)
        160
        """
        return gpu if self.device == "GPU" else cpu

    def strategy(self):
        """`tf.distribute` strategy: mirrored over several GPUs, else the default."""
        import tensorflow as tf

        if self.count == 1:
            return tf.distribute.get_strategy()
        devices = tf.config.list_logical_devices(self.device)
        return tf.distribute.MirroredStrategy([device.name for device in devices])

    def versions(self):
        """One line to paste into a report of a broken cell."""
        names = ("tensorflow", "keras", "numpy", "scikit-learn", "matplotlib")
        found = [f"{name} {importlib.metadata.version(name)}" for name in names]
        devices = f"{self.count} x {self.device}"
        python = f"Python {sys.version.split()[0]}"
        return ", ".join([f"course {_edition()}", python, *found, devices])


def _edition():
    """Of the course: a class' edition, or the branch, such as main."""
    import tomllib  # an older Python, which lacks it, shall be told by `setup`

    file = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return file["tool"]["course"]["edition"] or file["tool"]["course"]["branch"]


def in_colab():
    """True in a Colab notebook."""
    return "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in os.environ


def setup(seed=0, packages=()):
    """Check what is installed, find the device, fix the seeds, and say so in one line.

    Several GPUs are used through `Runtime.strategy()`. GPU memory grows as
    needed. Every device computes in float32, without TensorFloat-32, so that
    a lesson's numbers do not depend on the card. Settings of the learner's
    own `keras.json` (backend, float type, image format, epsilon) give way to
    the course's. On a CPU, operations are deterministic; on a GPU they are
    seeded, but the last digits of a result may differ from run to run.
    Linear algebra of NumPy and SciPy (BLAS) computes in one thread: on matrices
    as small as a lesson's, two threads took up to seven times as long as one.
    What TensorFlow's C code logs goes to the terminal of the notebook's server;
    warnings and errors of Python stay below their cell.

    Args:
        seed: int from 0 to 2**32 - 1 for Python, NumPy and TensorFlow alike.
        packages: names of pip packages that this notebook needs beyond the
            libraries that all need. In Colab a missing one is installed.

    Returns:
        A `Runtime`.

    Raises:
        ValueError: if an argument is not of this kind.
        ImportError: if a library or package is missing, too old, cannot be
            imported, or could not be installed; with the cause and the remedy.

    Example:

    >>> runtime = setup(seed=0)  # doctest: +SKIP
    Ready on CPU, float32, seed 0.
    """
    _check_arguments(seed, packages)
    _explain_missing_modules()
    _keep_logs_out_of_cells()
    library = {name: _load(name) for name in LIBRARIES}
    for package in packages:
        _require(package)
    from utils import plots

    tf, keras = library["tensorflow"], library["keras"]
    _use_course_settings(tf, keras)
    importlib.import_module("scipy.linalg")  # its BLAS is another than NumPy's
    library["threadpoolctl"].threadpool_limits(1, "blas")
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:  # second call of setup: the GPUs are in use already
            break
    runtime = Runtime("GPU" if gpus else "CPU", max(1, len(gpus)), int(seed))
    keras.utils.set_random_seed(runtime.seed)
    if not gpus:
        tf.config.experimental.enable_op_determinism()
    library["numpy"].set_printoptions(precision=3, suppress=True, linewidth=78)
    library["sklearn"].set_config(display="text")
    plots.use_style()
    print(_report(runtime))
    return runtime


def _check_arguments(seed, packages):
    whole = hasattr(seed, "__index__") and not isinstance(seed, bool)
    if not (whole and 0 <= seed <= LARGEST_SEED):
        needed = f"`seed` must be an int from 0 to {LARGEST_SEED}"
        raise ValueError(f"{needed}. Received: {seed!r}")
    if not (isinstance(packages, (tuple, list)) and all(map(_is_name, packages))):
        raise ValueError(
            "`packages` must be a tuple of names of pip packages, such as "
            f'("elpv-dataset",). Received: {packages!r}'
        )


def _is_name(package):
    return isinstance(package, str) and bool(re.fullmatch(r"\w[\w.-]*", package))


class _MissingModules:
    """The last that Python asks where a module is: none of the others found it."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.startswith("utils."):
            raise ModuleNotFoundError(
                f"The copy of the course in {ROOT} has no {name}: it is older than "
                "this notebook. Update it (`git pull` in that folder), or rename the "
                "folder so that the set-up cell fetches a new one; then restart the "
                "kernel and run the notebook from its first cell."
            )
        return None


def _explain_missing_modules():
    known = [getattr(finder, "__name__", "") for finder in sys.meta_path]
    if _MissingModules.__name__ not in known:
        sys.meta_path.append(_MissingModules)


def _load(name):
    """Import a library, or say if it is missing, old or broken, and what to do."""
    _check_age(PACKAGES.get(name, name))
    try:
        return importlib.import_module(name)
    except Exception as error:  # a damaged library fails in any way
        absent = error.name if isinstance(error, ModuleNotFoundError) else ""
        if absent == name:
            raise ImportError(_missing(name)) from error
        if name == "keras" and absent in ("jax", "torch", "openvino"):
            raise ImportError(_other_backend(absent)) from error
        raise ImportError(_broken(name, error)) from error


def _check_age(package):
    """Refuse what is older than requirements.txt admits; newer releases may do."""
    needed = _requirement(package)
    least = re.search(r">=([\d.]+)", needed)
    if least and _is_installed(package):
        version = importlib.metadata.version(package) or ""
        if re.match(r"\d", version) and _release(version) < _release(least[1]):
            raise ImportError(
                f"{package} {version} is too old: the course needs {needed}. "
                + (NEW_RUNTIME if in_colab() else _install_all())
            )


def _release(version):
    """The numbers of a version, to compare.

    >>> _release("2.9.1") < _release("2.20")
    True
    """
    return tuple(map(int, re.match(r"[\d.]*\d", version)[0].split(".")))


def _missing(name):
    if in_colab() and name == "tensorflow":
        return (
            "This Colab runtime has no TensorFlow; the TPU runtimes ship without it. "
            "Choose menu Runtime > Change runtime type > T4 GPU (or CPU), then run "
            "this cell again."
        )
    version = sys.version.split()[0]
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return (
            f"The course needs Python 3.11, 3.12 or 3.13 with {LIBRARIES[name]}; this "
            f"kernel is Python {version}. Choose another kernel, or run `make lab "
            "PYTHON=python3.12` in the course's folder."
        )
    return (
        f"{LIBRARIES[name]} is not installed for this kernel's Python {version} "
        f"({sys.executable}). {_install_all()}"
    )


def _broken(name, error):
    remedy = _install_all("--force-reinstall ")
    if in_colab():
        remedy = f"Something that was installed here does not fit it. {NEW_RUNTIME}"
    cause = f"{LIBRARIES[name]} is installed, but importing it failed"
    return f"{cause}: {_reason(error)}. {remedy}"


def _other_backend(backend):
    return (
        f"Keras was imported with the backend {backend} before this cell ran; the "
        "course needs tensorflow. Restart the kernel and run this cell first."
    )


def _reason(error):
    """An exception in one line; TensorFlow's messages hold whole tracebacks.

    >>> _reason(ImportError("Traceback:\\n ...\\nOSError: no libcudart\\n\\nSee docs."))
    'OSError: no libcudart'
    """
    kind, lines = type(error).__name__, str(error).strip().splitlines()
    inner = [line for line in lines if re.match(r"[\w.]+(Error|Exception): ", line)]
    if inner:
        return inner[-1].rstrip(". ")
    if lines:
        return f"{kind}: {lines[0]}".rstrip(". ")
    frames = traceback.extract_tb(error.__traceback__)
    return f"{kind} at `{frames[-1].line}`" if frames else kind


def _install_all(option=""):
    command = f'%pip install {option}-r "{ROOT / "requirements.txt"}"'
    return (
        f"Run `{command}` in a cell and restart the kernel, or run `make lab` in the "
        "course's folder."
    )


def _require(package):
    """Make sure that a pip package is installed; in Colab, install it."""
    if _is_installed(package):
        return
    needed = f"This notebook needs the package {package}"
    requirement = _requirement(package)
    if not in_colab():
        raise ImportError(
            f"{needed}, which is not installed. Run `%pip install "
            f'"{requirement}"` in a cell, then run this cell again.'
        )
    install = [sys.executable, "-m", "pip", "install", "-q", requirement]
    done = subprocess.run(install, capture_output=True, text=True)
    importlib.invalidate_caches()
    if not _is_installed(package):
        said = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
        errors = [line for line in said if line.startswith("ERROR")]
        reason = next(filter(None, [*errors[::-1], *said[::-1]]), "pip gave no reason")
        raise ImportError(
            f"{needed}, and pip could not install it: {reason.rstrip('.')}. "
            "Check the connection, then run this cell again."
        )


def _is_installed(package):
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _requirement(package):
    """The package with the versions that requirements.txt admits.

    >>> _requirement("tqdm").startswith("tqdm>="), _requirement("other")
    (True, 'other')
    """
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        if re.match(rf"{re.escape(package)}\s*[<>=!~]", line):
            return line.split("#")[0].strip()
    return package


def _keep_logs_out_of_cells():
    """C code writes to file descriptor 2, which ipykernel would show below a cell."""
    if hasattr(sys.stderr, "watch_fd_thread"):
        atexit.register(os.dup2, os.dup(2), 2)  # ipykernel ends by writing there
        os.dup2(sys.stderr.fileno(), 2)  # where the descriptor led before


def _use_course_settings(tf, keras):
    """float32 and Keras' defaults, whatever a keras.json or an earlier cell chose."""
    if keras.config.backend() != "tensorflow":
        raise ImportError(_other_backend(keras.config.backend()))
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.get_logger().setLevel("ERROR")  # it warns whenever a new network is traced


def _report(runtime):
    devices = f"{runtime.count} {runtime.device}s"
    device = runtime.device if runtime.count == 1 else devices
    line = f"Ready on {device}, float32, seed {runtime.seed}."
    return f"{line} {GPU_MENU}" if in_colab() and runtime.device == "CPU" else line
