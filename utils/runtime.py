"""One call that makes a notebook ready: device, precision, seeds, plot style."""

import importlib.metadata
import os
import sys
from dataclasses import dataclass

import numpy as np

GPU_MENU = "For a GPU: menu Runtime > Change runtime type > T4 GPU."


@dataclass(frozen=True)
class Runtime:
    """What `setup` found. `device` is `"CPU"` or `"GPU"`, `count` how many there are to use."""

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
        """`tf.distribute` strategy: mirrored over several GPUs, else TensorFlow's default."""
        import tensorflow as tf

        if self.count == 1:
            return tf.distribute.get_strategy()
        devices = [device.name for device in tf.config.list_logical_devices(self.device)]
        return tf.distribute.MirroredStrategy(devices)

    def versions(self):
        """One line to paste into a report of a broken cell."""
        names = ("tensorflow", "keras", "numpy", "scikit-learn", "matplotlib", "ipython")
        listed = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
        return f"Python {sys.version.split()[0]}, {listed}, {self.count} x {self.device}"


def in_colab():
    """True in a Colab notebook."""
    return "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in os.environ


def setup(seed=0):
    """Find the device, fix the seeds, set the plot style, and say so in one line.

    Several GPUs are used through `Runtime.strategy()`. GPU memory grows as
    needed. Every device computes in float32, without TensorFloat-32, so that
    a lesson's numbers do not depend on the card. On a CPU, operations are
    deterministic; on a GPU they are seeded, but the last digits of a result
    may differ from run to run.

    Args:
        seed: int for Python, NumPy and TensorFlow alike.

    Returns:
        A `Runtime`.

    Raises:
        ImportError: if TensorFlow is not installed, with the remedy; Colab's
            TPU runtime ships without it.

    Example:

    >>> runtime = setup(seed=0)  # doctest: +SKIP
    Ready on CPU, float32, seed 0.
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ImportError(_missing_tensorflow()) from error
    import keras
    import sklearn

    from utils import plots

    tf.get_logger().setLevel("ERROR")  # every new network is traced anew, which TensorFlow warns of
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:  # second call of setup: the GPUs are in use already
            break
    runtime = Runtime("GPU" if gpus else "CPU", max(1, len(gpus)), seed)
    keras.config.set_dtype_policy("float32")
    tf.config.experimental.enable_tensor_float_32_execution(False)
    keras.utils.set_random_seed(seed)
    if not gpus:
        tf.config.experimental.enable_op_determinism()
    np.set_printoptions(precision=3, suppress=True, linewidth=78)
    sklearn.set_config(display="text")
    plots.use_style()
    print(_report(runtime))
    return runtime


def _missing_tensorflow():
    if in_colab():
        return (
            "This Colab runtime has no TensorFlow; the TPU runtimes ship without it. "
            "Choose menu Runtime > Change runtime type > T4 GPU (or CPU), then run this cell again."
        )
    return "The course needs TensorFlow. Install it with `pip install -r requirements.txt`."


def _report(runtime):
    device = runtime.device if runtime.count == 1 else f"{runtime.count} {runtime.device}s"
    line = f"Ready on {device}, float32, seed {runtime.seed}."
    return f"{line} {GPU_MENU}" if in_colab() and runtime.device == "CPU" else line
