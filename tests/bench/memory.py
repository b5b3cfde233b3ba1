# SPDX-License-Identifier: PostgreSQL
"""What a statement needs at its peak: the backend and its parallel workers, read from /proc."""

import threading
import time

MB = 1024  # /proc counts in kB


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:  # the process has ended, or is not ours
        return ""


def _numbers(path):
    """The lines `Name:  N kB` of a file."""
    lines = (line.split() for line in _read(path).splitlines())
    return {line[0].rstrip(":"): int(line[1]) for line in lines
            if len(line) == 3 and line[2] == "kB"}


def _children(pid):
    return _read(f"/proc/{pid}/task/{pid}/children").split()


def _parent(pid):
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith("PPid:"):
            return line.split()[1]
    return ""


class Peak:
    """Samples while it is entered. `own` is memory that no other process has, `pss` also has the shares
    of what is shared, such as the buffers that were touched; both are of all processes together, in
    MB. `high` is the largest VmHWM of one of them. None if /proc does not say."""

    def __init__(self, backend, interval=0.01):
        self.backend, self.interval = str(backend), interval
        self.postmaster = _parent(backend)
        self.own = self.pss = self.high = None
        self.processes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _pids(self):
        mark = f"parallel worker for PID {self.backend} "
        return [self.backend, *(pid for pid in _children(self.postmaster)
                                if mark in _read(f"/proc/{pid}/cmdline") + " ")]

    def _sample(self):
        own = pss = 0
        pids = self._pids()
        for pid in pids:
            high = _numbers(f"/proc/{pid}/status").get("VmHWM")
            if high is not None:
                self.high = max(self.high or 0, high / MB)
            parts = _numbers(f"/proc/{pid}/smaps_rollup")
            pss += parts.get("Pss", 0)
            own += parts.get("Private_Clean", 0) + parts.get("Private_Dirty", 0)
        if pss:
            self.pss = max(self.pss or 0, pss / MB)
            self.own = max(self.own or 0, own / MB)
        self.processes = max(self.processes, len(pids))

    def _watch(self):
        while not self._done.is_set():
            self._sample()
            time.sleep(self.interval)

    def __enter__(self):
        self._sample()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()
