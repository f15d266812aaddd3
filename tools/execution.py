"""Execute a notebook as nbval will compare it, and measure what it took."""

import os
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import findings
import nbformat
import psutil
from jupyter_client.manager import AsyncKernelManager, KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets import HasTraits, default

QUIET = {
    "TQDM_DISABLE": "1",
    "COLUMNS": "80",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


_SOCKETS = tempfile.TemporaryDirectory(prefix="kernels-")  # goes when this process ends


class _SocketFiles(HasTraits):
    @default("transport")
    def _files_where_there_are_any(self):
        return "tcp" if os.name == "nt" else "ipc"

    @default("connection_file")
    def _short_path(self):  # a socket file's path may have about 100 characters
        return os.path.join(_SOCKETS.name, f"{uuid.uuid4().hex[:8]}.json")


class FileKernelManager(_SocketFiles, KernelManager):
    """As `KernelManager`, without a network."""


class AsyncFileKernelManager(_SocketFiles, AsyncKernelManager):
    """As `AsyncKernelManager`, without a network."""


@dataclass
class Run:
    """An executed notebook, or the error that stopped it.

    `seconds` end with the last cell: how the kernel ends is no part of a lesson.
    `margins` says by how much each finding holds (`tools/findings.py`).
    """

    notebook: nbformat.NotebookNode
    seconds: float
    peak_bytes: int
    error: str = ""
    margins: dict = field(default_factory=dict)


class _Meter(threading.Thread):
    """Samples the memory of the kernel and its children."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.peak, self.done = client, 0, threading.Event()

    def run(self):
        while not self.done.wait(0.2):
            try:
                kernel = psutil.Process(self.client.km.provisioner.pid)
                family = [kernel, *kernel.children(recursive=True)]
                self.peak = max(self.peak, sum(p.memory_info().rss for p in family))
            except (AttributeError, psutil.Error):  # not started yet, or gone
                continue


def execute(path, cache=None, progress=None, settings=None, folder=None):
    """Run a notebook from top to bottom in a new kernel.

    Args:
        path: the notebook; it is read, never written.
        cache: folder for cached features; by default the course's own.
        progress: function that receives (cells done, cells in all), or None.
        settings: further environment variables of the kernel, `{name: value}`.
        folder: where the kernel starts; by default the notebook's own folder.

    Returns:
        A `Run`.
    """
    notebook = nbformat.read(path, 4)
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    done, ended = 0, None

    def count(cell, cell_index, execute_reply):
        nonlocal done, ended
        done, ended = done + 1, time.monotonic()
        if progress:
            progress(min(done, cells), cells)

    with tempfile.TemporaryDirectory() as own:
        recorded = Path(own) / "margins"
        client = NotebookClient(
            findings.watch(notebook, recorded),
            timeout=1800,
            kernel_name="python3",
            kernel_manager_class=AsyncFileKernelManager,
            record_timing=False,
            coalesce_streams=True,
            store_widget_state=False,
            on_cell_executed=count,
            resources={"metadata": {"path": str(folder or path.parent)}},
        )
        environment = {**os.environ, **QUIET, "IPYTHONDIR": own, **(settings or {})}
        if cache:
            environment["COURSE_CACHE"] = str(cache)
        meter, start, error = _Meter(client), time.monotonic(), ""
        meter.start()
        try:
            client.execute(env=environment)
        except CellExecutionError as problem:
            error = str(problem)
        except Exception as problem:  # a dead kernel, a cell that never ends
            error = f"{type(problem).__name__}: {problem}"
        finally:
            meter.done.set()
        seconds = (ended or time.monotonic()) - start
        _take_outputs(notebook, client.nb)
        return Run(notebook, seconds, meter.peak, error, findings.margins(recorded))


def _take_outputs(notebook, executed):
    """Outputs and counts of the executed copy, which begins with a cell of its own."""
    for cell, done in zip(notebook.cells, executed.cells[1:], strict=True):
        if cell.cell_type == "code":
            cell.outputs = done.outputs
            counted = done.execution_count
            cell.execution_count = counted and counted - 1
