"""Walls around a process: what it can do from now on is compute and read, until killed.

A seccomp filter admits the system calls listed here and no other: no file can be opened
for writing, made, renamed or deleted, no process started or signaled, no socket made.
No user rights, namespaces or packages are needed; the kernel must be Linux, on x86-64
or 64-bit ARM. `holes` tries whether the walls stand.
"""

import ctypes
import os
import platform
import socket
import struct
import sys
import tempfile
from pathlib import Path

# by architecture: the number that a filter sees, and the column of the tables below
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

# system call: its numbers (Linux, asm/unistd_64.h and asm-generic/unistd.h)
ADMITTED = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66),
    "pread64": (17, 67), "close": (3, 57), "close_range": (436, 436),
    "fstat": (5, 80), "stat": (4, None), "lstat": (6, None), "statx": (332, 291),
    "newfstatat": (262, 79), "statfs": (137, 43), "fstatfs": (138, 44),
    "lseek": (8, 62), "access": (21, None), "faccessat": (269, 48),
    "faccessat2": (439, 439), "getdents64": (217, 61), "getcwd": (79, 17),
    "readlink": (89, None), "readlinkat": (267, 78), "dup": (32, 23),
    "dup2": (33, None), "dup3": (292, 24), "pipe": (22, None), "pipe2": (293, 59),
    "eventfd2": (290, 19), "poll": (7, None), "ppoll": (271, 73),
    "select": (23, None), "pselect6": (270, 72),
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214),
    "mremap": (25, 216), "madvise": (28, 233), "mincore": (27, 232),
    "get_mempolicy": (239, 236),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132), "restart_syscall": (219, 128),
    "nanosleep": (35, 101), "clock_nanosleep": (230, 115), "clock_gettime": (228, 113),
    "clock_getres": (229, 114), "gettimeofday": (96, 169), "time": (201, None),
    "times": (100, 153), "getrusage": (98, 165), "getrlimit": (97, 163),
    "sysinfo": (99, 179), "uname": (63, 160), "getrandom": (318, 278),
    "getpid": (39, 172), "getppid": (110, 173), "gettid": (186, 178),
    "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
    "getegid": (108, 177), "arch_prctl": (158, None), "getcpu": (309, 168),
    "futex": (202, 98), "set_robust_list": (273, 99), "get_robust_list": (274, 100),
    "set_tid_address": (218, 96), "rseq": (334, 293), "membarrier": (324, 283),
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126),
    "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip

# admitted if (argument & mask) is one of the values: (numbers, argument, mask, values)
ALL = 0xFFFFFFFF
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
THREAD = 0x00010000  # CLONE_THREAD: a thread, not a process
IF = {
    "open": ((2, None), 1, WRITING, (0,)),
    "openat": ((257, 56), 2, WRITING, (0,)),
    "clone": ((56, 220), 0, THREAD, (THREAD,)),
    # is it a terminal, close on exec, blocking, how many bytes are there
    "ioctl": ((16, 29), 1, ALL, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    # duplicate, read and set flags; not: whom to send a signal
    "fcntl": ((72, 25), 1, ALL, (0, 1, 2, 3, 4, 1030)),
    "prctl": ((157, 167), 0, ALL, (15, 16, 0x53564D41)),  # names of threads, memory
    "tgkill": ((234, 131), 0, ALL, ()),  # itself alone; its number is filled in
    "prlimit64": ((302, 261), 2, ALL, (0,)),  # ask, not set
}
UNKNOWN = {"clone3": (435, 435), "openat2": (437, 437)}  # libraries try an older one

ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
REFUSED, NO_SUCH_CALL = ERROR | 1, ERROR | 38  # EPERM, ENOSYS
NEWEST = 451  # calls with larger numbers are not known here
LOAD, AND, EQUAL, ABOVE, RETURN = 0x20, 0x54, 0x15, 0x25, 0x06


def enclose(seconds, bytes_more, filtered=True):
    """Take from this process, for good, what computing does not need.

    Args:
        seconds: int, of the processor; then the process is killed.
        bytes_more: int, by how much its memory may still grow.
        filtered: False leaves the filter out, where there can be none.

    Raises:
        OSError: if the kernel has no such filter.
    """
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * os.sysconf("SC_PAGE_SIZE") + bytes_more
    for kind, most in (
        (resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, int(seconds)),
        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: it ends when its parent does
    if filtered:
        _filter()


def prctl(option, *arguments):
    """The system call of this name.

    Raises:
        OSError: if the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    padded = [ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0, 0)[:4]]
    if libc.prctl(option, *padded):
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def _filter():
    machine = platform.machine()
    if sys.platform != "linux" or machine not in ARCHITECTURES:
        raise OSError(f"there is no filter for {sys.platform} on {machine}")
    program = _program(*ARCHITECTURES[machine])
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    held = ctypes.create_string_buffer(header, len(header))
    prctl(38, 1)  # PR_SET_NO_NEW_PRIVS
    prctl(22, 2, ctypes.addressof(held))  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def _program(architecture, column):
    """The filter: jumps are counted in instructions, over what does not apply."""
    steps = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL)]
    steps += [(LOAD, 0, 0, 0), (ABOVE, 0, 1, NEWEST), (RETURN, 0, 0, NO_SUCH_CALL)]
    for answer, table in ((ALLOW, ADMITTED), (NO_SUCH_CALL, UNKNOWN)):
        for numbers in table.values():
            if numbers[column] is not None:
                steps += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, answer)]
    for name, (numbers, argument, mask, values) in IF.items():
        if numbers[column] is None:
            continue
        values = (os.getpid(),) if name == "tgkill" else values
        low, high = 16 + 8 * argument, 20 + 8 * argument
        body = [(LOAD, 0, 0, low), (AND, 0, 0, mask)]
        for value in values:
            body += [(EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW)]
        if name == "prlimit64":  # an address: its upper half must be 0 as well
            body[2:] = [(EQUAL, 1, 0, 0), (RETURN, 0, 0, REFUSED)]
            body += [(LOAD, 0, 0, high), (EQUAL, 0, 1, 0), (RETURN, 0, 0, ALLOW)]
        body.append((RETURN, 0, 0, REFUSED))
        steps += [(EQUAL, 0, len(body), numbers[column]), *body]
    steps.append((RETURN, 0, 0, REFUSED))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def holes():
    """What an enclosed process can do although it should not: a list, or what failed.

    A process is enclosed and tries; so one looks at what the kernel does, not says.
    """
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        kept.write_text("kept")
        reader, writer = os.pipe()
        process = os.fork()
        if not process:
            try:
                enclose(10, 2**28)
                found = ", ".join(name for name, act in _tries(kept) if _works(act))
            except BaseException as error:
                found = f"no filter: {error}"
            os.write(writer, found.encode()[:4000] + b".")
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            said = stream.read().decode()
        os.waitpid(process, 0)
        if not said.endswith("."):
            return ["the trial itself died"]
        return [name for name in said[:-1].split(", ") if name]


def _tries(kept):
    yield "write a file", lambda: kept.open("a")
    yield "empty a file", lambda: os.truncate(kept, 0)
    yield "empty a file while reading", lambda: os.open(kept, os.O_TRUNC)
    yield "make a folder", lambda: kept.with_name("made").mkdir()
    yield "change who may read a file", lambda: kept.chmod(0o777)
    yield "change a file's time", lambda: os.utime(kept)
    yield "rename a file", lambda: kept.rename(kept.with_name("other"))
    yield "delete a file", kept.unlink
    yield "make a socket", lambda: socket.socket().close()
    yield "signal another process", lambda: os.kill(os.getppid(), 0)
    yield "start a program", lambda: os.execv(sys.executable, ["python", "-c", ""])
    yield "start a process", _forks


def _forks():
    if not os.fork():
        os._exit(0)


def _works(act):
    try:
        act()
    except OSError:
        return False
    return True
