"""Kernels reached through socket files: notebooks run even where every network is cut off."""

import os
import tempfile
import uuid

from jupyter_client.manager import AsyncKernelManager, KernelManager
from traitlets import HasTraits, default

FOLDER = tempfile.TemporaryDirectory(prefix="kernels-")  # goes when this process ends


class _SocketFiles(HasTraits):
    @default("transport")
    def _files_where_there_are_any(self):
        return "tcp" if os.name == "nt" else "ipc"

    @default("connection_file")
    def _short_path(self):  # a socket file's path may have about 100 characters
        return os.path.join(FOLDER.name, f"{uuid.uuid4().hex[:8]}.json")


class FileKernelManager(_SocketFiles, KernelManager):
    """As `KernelManager`, without a network."""


class AsyncFileKernelManager(_SocketFiles, AsyncKernelManager):
    """As `AsyncKernelManager`, without a network."""
