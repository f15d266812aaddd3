"""Every arithmetic of the list is another one, in a kernel after the set-up cell."""

import json
import os
from unittest.mock import patch

import machines
import nbformat
import pytest
from course import NOTEBOOKS
from execution import execute
from stamps import setup_cell

pytestmark = pytest.mark.skipif(
    not machines.PLATFORM, reason="the arithmetics are those of Linux on x86-64"
)

PROBE = """
import hashlib, json
import keras, numpy as np, tensorflow as tf
from threadpoolctl import threadpool_info
def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:8]
images = np.random.default_rng(0).normal(size=(32, 28, 28, 8)).astype(np.float32)
matrix = np.random.default_rng(0).normal(size=(300, 300))
narrow = matrix.astype(np.float32)
blas = [pool for pool in threadpool_info() if pool["internal_api"] == "openblas"]
print(json.dumps({
    "convolution": digest(keras.layers.Conv2D(16, 3)(images)),
    "depthwise": digest(keras.layers.DepthwiseConv2D(3)(images)),
    "matrices in TensorFlow": digest(tf.matmul(narrow, narrow)),
    "matrices in NumPy": digest(matrix @ matrix),
    "kernels": sorted({pool["architecture"] for pool in blas}),
    "threads": max(pool["num_threads"] for pool in blas),
}))
"""
# What each arithmetic must change: one probe for each of its settings.
CHANGED = {
    "one thread": ["matrices in NumPy"],
    "SSE4.1": ["convolution", "depthwise", "matrices in NumPy"],
    "AVX2": ["matrices in TensorFlow", "matrices in NumPy"],
    "no oneDNN": ["depthwise", "matrices in NumPy"],
}


def probe(folder, settings):
    path = folder / "probe.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in (setup_cell(), PROBE)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    done = execute(path, settings=settings, folder=NOTEBOOKS)
    assert not done.error
    return json.loads(done.notebook.cells[-1].outputs[-1].text)


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    # as on a machine whose environment says nothing about its arithmetic
    names = {name for settings in machines.MACHINES.values() for name in settings}
    with patch.dict(os.environ):
        for name in names:
            os.environ.pop(name, None)
        yield probe(tmp_path_factory.mktemp("usual"), {})


def test_every_machine_is_tested():
    assert set(CHANGED) == set(machines.MACHINES)


@pytest.mark.parametrize("machine", machines.MACHINES)
def test_setting_is_in_force_and_bits_differ(machine, usual, tmp_path):
    settings = machines.MACHINES[machine]
    found = probe(tmp_path, settings)
    assert found["threads"] == 1
    if "OPENBLAS_CORETYPE" in settings:
        assert found["kernels"] == [settings["OPENBLAS_CORETYPE"]]
    changed = [name for name in CHANGED[machine] if found[name] != usual[name]]
    names = (["Haswell"], ["Zen"], ["Haswell", "Zen"])  # NumPy's and SciPy's OpenBLAS
    if machine == "AVX2" and usual["kernels"] in names:
        pytest.skip("this processor has no AVX-512: it is such a machine itself")
    if machine == "one thread" and usual["threads"] == 1:
        pytest.skip("this machine has one core")
    assert changed == CHANGED[machine]
