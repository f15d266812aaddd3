"""Make nbval 0.11 execute cells as Jupyter does, and compare numbers within bounds.

Delete the repairs piece by piece as nbval mends them.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from queue import Empty

import nbval.kernel
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from comparison import differences
from execution import FileKernelManager
from machines import PLATFORM
from workers import (  # noqa: F401
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_xdist_auto_num_workers,
)

os.environ["TQDM_DISABLE"] = "1"  # a bar shows speed, which no two runs share
os.environ["IPYTHONDIR"] = tempfile.mkdtemp(prefix="ipython-")  # the history goes there


def execute_cell_input(self, cell_input, allow_stdin=None):
    # with history: else a trailing semicolon does not hide the result (nbval #194)
    return self.kc.execute(
        cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


def await_reply(self, msg_id, timeout=None):
    # notice a kernel that died (out of memory) at once instead of at the timeout
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        try:
            message = self.get_message(stream="shell", timeout=1)
        except Empty:
            if not self.is_alive():
                raise RuntimeError("the kernel died") from None
            if deadline is not None and time.monotonic() > deadline:
                raise
            continue
        if message["parent_header"].get("msg_id") == msg_id:
            return


def compare_outputs(self, test, ref, skip_compare=None):
    found = differences(ref, test, self.cell.metadata.get("moved"))
    if not PLATFORM:  # nobody measured here: a number outside its bounds is only listed
        for difference in found:
            if difference.kind == "number":
                self.warn(UserWarning(f"{self.nodeid}: {difference}"))
        found = [difference for difference in found if difference.kind != "number"]
    self.comparison_traceback = [str(difference) for difference in found]
    return not found


nbval.kernel.KernelManager = (
    FileKernelManager  # a cut network, loopback included, is no obstacle
)
RunningKernel.execute_cell_input = execute_cell_input
RunningKernel.await_reply = await_reply
IPyNbCell.compare_outputs = compare_outputs
