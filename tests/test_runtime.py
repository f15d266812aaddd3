"""What setup finds, and each cause why it cannot; devices and libraries are faked."""

import json
import os
import subprocess
import sys
import zipfile

import pytest
from course import settings

from utils import runtime

SETUP = "from utils.runtime import setup\nsetup()\n"
COLAB = {"COLAB_RELEASE_TAG": "release"}


def python(code, **environment):
    """Run code in a new Python in the course's folder, as a learner's kernel would."""
    around = {k: v for k, v in os.environ.items() if not k.startswith("KERAS_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=runtime.ROOT,
        env={**around, **environment},
        capture_output=True,
        text=True,
    )


def run(code, **environment):
    """What code prints, if nothing went wrong."""
    done = python(code, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refusal(code, **environment):
    """The sentence of the ImportError that ended a run before it was ready."""
    done = python(code, **environment)
    assert done.returncode == 1 and "Ready" not in done.stdout, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: "), done.stderr
    return last.removeprefix("ImportError: ")


def without(name):
    """Code after which a library seems not to be installed."""
    return f"import sys\nsys.modules[{name!r}] = None\n"


def test_cpu():
    out = run(
        f"{SETUP}r = setup(seed=7)\nprint(r.pick(cpu=1, gpu=2), r.count)\n"
        "import sklearn.svm, sklearn.linear_model, sklearn.decomposition\n"
        "from threadpoolctl import threadpool_info\n"
        "pools = [p for p in threadpool_info() if p['user_api'] == 'blas']\n"
        "print({p['num_threads'] for p in pools} <= {1})",  # macOS' own: not listed
        OPENBLAS_NUM_THREADS="2",
    )
    assert out.splitlines() == [
        "Ready on CPU, float32, seed 0.",
        "Ready on CPU, float32, seed 7.",
        "1 1",
        "True",
    ]


def test_two_devices_make_a_real_mirrored_strategy():
    out = run(
        "import tensorflow as tf\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "two = [tf.config.LogicalDeviceConfiguration()] * 2\n"
        "tf.config.set_logical_device_configuration(cpu, two)\n"
        "from utils.runtime import Runtime\n"
        "s = Runtime('CPU', 2, 0).strategy()\n"
        "print(type(s).__name__, s.num_replicas_in_sync)"
    )
    assert out.splitlines()[-1] == "MirroredStrategy 2"


FAKE_GPUS = """
import tensorflow as tf
from tensorflow.python.eager import context
seen = context.context()
seen._initialize_physical_devices()
names = [f"/physical_device:GPU:{{i}}" for i in range({count})]
gpus = [context.PhysicalDevice(name, "GPU") for name in names]
seen._physical_devices = [*seen._physical_devices, *gpus]
details = {{"compute_capability": {capability}}}
tf.config.experimental.get_device_details = lambda gpu: details
tf.config.experimental.enable_tensor_float_32_execution(True)
import keras
keras.config.set_dtype_policy("mixed_float16")
from utils.runtime import setup
runtime = setup(seed=3)
grow = all(tf.config.experimental.get_memory_growth(gpu) for gpu in gpus)
tensor_float = tf.config.experimental.tensor_float_32_execution_enabled()
policy = keras.layers.Dense(1).dtype_policy.name
print(runtime.pick(cpu=1, gpu=2), grow, tensor_float, policy)
"""


@pytest.mark.parametrize(
    ("count", "device", "capability"),
    [(1, "GPU", (7, 5)), (1, "GPU", (8, 0)), (2, "2 GPUs", (8, 0))],
    ids=["T4", "A100", "two A100"],
)
def test_float32_on_every_gpu(count, device, capability):
    out = run(FAKE_GPUS.format(count=count, capability=capability))
    assert out.splitlines() == [
        f"Ready on {device}, float32, seed 3.",
        "2 True False float32",
    ]


SHOW_KERAS = """
import keras
from keras import config
print(config.backend(), config.floatx(), config.epsilon(), config.image_data_format())
print(config.dtype_policy().name, keras.layers.Conv2D(1, 3).data_format)
"""


@pytest.mark.parametrize("first", ["", "import keras\n"], ids=["before", "after"])
def test_a_learners_own_keras_settings_give_way(tmp_path, first):
    theirs = {
        "backend": "tensorflow" if first else "jax",
        "floatx": "float16",
        "epsilon": 0.01,
        "image_data_format": "channels_first",
    }
    (tmp_path / "keras.json").write_text(json.dumps(theirs))
    out = run(f"{first}{SETUP}{SHOW_KERAS}", KERAS_HOME=str(tmp_path))
    assert out.splitlines() == [
        "Ready on CPU, float32, seed 0.",
        "tensorflow float32 1e-07 channels_last",
        "float32 channels_last",
    ]


FAILED_IMPORT = "try:\n    import keras\nexcept ImportError:\n    pass\n"
RUNS_ON_JAX = "import keras\nkeras.src.backend.config._BACKEND = 'jax'\n"


@pytest.mark.parametrize("before", [FAILED_IMPORT, RUNS_ON_JAX])
def test_keras_that_was_imported_with_another_backend(before):
    backend = "jax" if before == FAILED_IMPORT else "tensorflow"
    said = refusal(f"{without('jax')}{before}{SETUP}", KERAS_BACKEND=backend)
    assert "with the backend jax before this cell ran" in said
    assert "Restart the kernel and run this cell first" in said


def test_settings_from_outside_stay():
    names = ("TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL", "KERAS_BACKEND")
    show = f"import os, utils\nprint([os.environ[name] for name in {names}])"
    unset = {name: value for name, value in os.environ.items() if name not in names}
    out = subprocess.check_output(
        [sys.executable, "-c", show], cwd=runtime.ROOT, env=unset, text=True
    )
    assert out == "['1', '3', 'tensorflow']\n"
    assert run(show, **dict(zip(names, "010"))) == "['0', '1', 'tensorflow']\n"


def test_tensorflow_is_missing():
    said = refusal(without("tensorflow") + SETUP)
    assert said.startswith("TensorFlow is not installed for this kernel's Python")
    assert f'%pip install -r "{runtime.ROOT / "requirements.txt"}"' in said


@pytest.mark.parametrize("version", [(3, 10, 4), (3, 14, 0)])
def test_a_python_that_does_not_fit(version):
    pretend = f"sys.version_info = {version}\nsys.version = '3.x'\n"
    said = refusal(without("numpy") + pretend + SETUP)
    assert said.startswith("The course needs Python 3.11, 3.12 or 3.13 with NumPy")
    assert "this kernel is Python 3.x. Choose another kernel" in said


def test_tensorflow_is_missing_in_colab():
    said = refusal(without("tensorflow") + SETUP, **COLAB)
    assert "has no TensorFlow; the TPU runtimes ship without it" in said
    assert "Runtime > Change runtime type > T4 GPU" in said


@pytest.mark.parametrize("name", ["numpy", "sklearn", "matplotlib"])
def test_another_library_is_missing(name):
    fake = "import sys, types\nsys.modules['tensorflow'] = types.ModuleType('x')\n"
    fake += "sys.modules['keras'] = types.ModuleType('x')\n"
    said = refusal(fake + without(name) + SETUP)
    assert said.startswith(f"{runtime.LIBRARIES[name]} is not installed")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise ImportError('libcudart.so.12: no file')", "libcudart.so.12: no file"),
        ("raise AttributeError('_ARRAY_API not found')", "_ARRAY_API not found"),
        ("import a_part_that_is_gone", "No module named 'a_part_that_is_gone'"),
        ("assert False", "AssertionError at `assert False`"),
    ],
)
def test_tensorflow_is_broken(tmp_path, source, reason):
    (tmp_path / "tensorflow.py").write_text(source)
    for environment in ({}, COLAB):
        said = refusal(SETUP, PYTHONPATH=str(tmp_path), **environment)
        assert said.startswith("TensorFlow is installed, but importing it failed: ")
        assert reason in said and "TPU" not in said
        remedy = "Disconnect and delete runtime" if environment else "--force-reinstall"
        assert remedy in said


@pytest.mark.parametrize(
    ("found", "admitted"),
    [
        ("2.19.1", False),
        ("2.9", False),
        ("2.20.0rc1", True),
        ("3.0", True),
        ("unknown", True),
        (None, True),  # a damaged package; importing it says more
    ],
)
def test_a_package_is_too_old(monkeypatch, found, admitted):
    monkeypatch.setattr("importlib.metadata.version", lambda name: found)
    if admitted:
        return runtime._check_age("tensorflow")
    with pytest.raises(ImportError, match=f"tensorflow {found} is too old: the course"):
        runtime._check_age("tensorflow")


def test_a_package_is_missing():
    runtime._require("tqdm")
    with pytest.raises(ImportError) as error:
        runtime._require("course-extra")
    assert str(error.value) == (
        "This notebook needs the package course-extra, which is not installed. Run "
        '`%pip install "course-extra"` in a cell, then run this cell again.'
    )


@pytest.fixture
def extra(tmp_path):
    """A folder with the wheel of a package, and a folder to install into."""
    info = "course_extra-1.0.dist-info"
    files = {
        "course_extra.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: course-extra\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: course\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(tmp_path / "course_extra-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    target = tmp_path / "installed"
    target.mkdir()
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_TARGET": str(target),
        "PYTHONPATH": str(target),
    }


def test_colab_installs_a_missing_package_once(extra):
    ask = SETUP.replace("()", "(packages=('course-extra',))")
    again = "import os\nos.environ['PIP_FIND_LINKS'] = '/nowhere'\n" + ask
    out = run(f"{ask}{again}import course_extra", **extra, **COLAB)
    assert out == f"Ready on CPU, float32, seed 0. {runtime.GPU_MENU}\n" * 2


def test_a_failed_pip_is_told_every_time(extra):
    extra["PIP_FIND_LINKS"] = extra["PIP_TARGET"]
    ask = "runtime._require('course-extra')"  # `setup` would load TensorFlow before
    first = f"from utils import runtime\ntry:\n    {ask}\n"
    code = f"{first}except ImportError as e:\n    print(e)\n{ask}"
    done = python(code, **extra, **COLAB)
    said = done.stderr.strip().splitlines()[-1].removeprefix("ImportError: ")
    assert done.returncode == 1 and done.stdout == f"{said}\n"
    assert said.startswith(
        "This notebook needs the package course-extra, and pip could not install it: "
        "ERROR: No matching distribution found for course-extra. Check the connection"
    )


def test_a_seed_that_is_too_large():  # others that are none: test_inputs.py
    with pytest.raises(ValueError, match="`seed` must be an int from 0 to 4294967295"):
        runtime.setup(seed=2**32)


@pytest.mark.parametrize("packages", ["elpv-dataset", None, (1,), ("-r x",), ("",)])
def test_packages_that_are_none(packages):
    with pytest.raises(ValueError, match=r"such as \(\"elpv-dataset\",\)\. Received"):
        runtime.setup(packages=packages)


@pytest.mark.parametrize(
    "code",
    ["from utils import novelty", "import utils.lessons_of_tomorrow.diagrams"],
)
def test_a_module_that_only_a_newer_course_has(monkeypatch, code):
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    runtime._explain_missing_modules()
    runtime._explain_missing_modules()
    assert sum(finder is runtime._MissingModules for finder in sys.meta_path) == 1
    with pytest.raises(ImportError, match="it is older than this notebook. Update it"):
        exec(code)


def test_versions_fill_one_line():
    line = runtime.Runtime("CPU", 1, 0).versions()
    assert line.startswith(f"course {settings()['edition'] or settings()['branch']}, ")
    assert "tensorflow 2" in line and line.endswith(", 1 x CPU")
    assert len(line.splitlines()) == 1
