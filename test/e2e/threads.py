#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""threads: stops threads of a process, as what they wait for would: `threads.py PID` stops all but the first, which is
hse's control, its workers, and DPDK's telemetry. They go on when it ends. It prints how many it has stopped."""

import ctypes
import os
import re
import signal
import sys
import threading

SEIZE, INTERRUPT = 0x4206, 0x4207  # ptrace(2)
RUN = re.compile(r"lcore|worker|telemetry")

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, thread):
    if libc.ptrace(request, thread, None, None):
        raise OSError(ctypes.get_errno(), f"ptrace of thread {thread}")


def main():
    pid, stopped = int(sys.argv[1]), 0
    for thread in map(int, os.listdir(f"/proc/{pid}/task")):
        with open(f"/proc/{pid}/task/{thread}/comm", encoding="utf-8") as f:
            name = f.read()
        if thread == pid or RUN.search(name):
            continue
        ptrace(SEIZE, thread)
        ptrace(INTERRUPT, thread)
        stopped += 1
    print("stopped", stopped, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    threading.Event().wait()


main()
