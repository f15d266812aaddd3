"""The device branches; only the list of devices is faked."""

import subprocess
import sys

import pytest

from utils import runtime


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_cpu():
    out = run("from utils.runtime import setup\nr = setup()\nprint(r.pick(cpu=1, gpu=2), r.count)")
    assert out == "Ready on CPU, float32, seed 0.\n1 1\n"


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


def test_tpu_runtime_names_the_gpu_runtime(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    with pytest.raises(ImportError, match="Runtime > Change runtime type > T4 GPU"):
        runtime.setup()


FAKE_GPUS = """
import tensorflow as tf
from tensorflow.python.eager import context
seen = context.context()
seen._initialize_physical_devices()
gpus = [context.PhysicalDevice(f"/physical_device:GPU:{{i}}", "GPU") for i in range({count})]
seen._physical_devices = [*seen._physical_devices, *gpus]
tf.config.experimental.get_device_details = lambda gpu: {{"compute_capability": {capability}}}
tf.config.experimental.enable_tensor_float_32_execution(True)
import keras
keras.config.set_dtype_policy("mixed_float16")
from utils.runtime import setup
runtime = setup(seed=3)
grow = all(tf.config.experimental.get_memory_growth(gpu) for gpu in gpus)
tensor_float = tf.config.experimental.tensor_float_32_execution_enabled()
layer = keras.layers.Dense(1)
print(runtime.pick(cpu=1, gpu=2), grow, tensor_float, layer.dtype_policy.name)
"""


@pytest.mark.parametrize("capability", [(7, 5), (8, 0)], ids=["T4", "A100"])
@pytest.mark.parametrize(("count", "device"), [(1, "GPU"), (2, "2 GPUs")])
def test_float32_on_every_gpu(count, device, capability):
    report, rest = run(FAKE_GPUS.format(count=count, capability=capability)).splitlines()
    assert report == f"Ready on {device}, float32, seed 3."
    assert rest == "2 True False float32"


def test_colab_without_a_gpu_names_the_menu(monkeypatch):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    assert run("from utils.runtime import setup; setup()").strip().endswith(runtime.GPU_MENU)
