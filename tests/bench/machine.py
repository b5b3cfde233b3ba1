# SPDX-License-Identifier: PostgreSQL
"""Where the figures come from."""

import os

from measure import say


def machine(db):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((l.split(":", 1)[1].strip() for l in file if l.startswith("model name")), "?")
    settings = ", ".join(f"{n} {db.value('SHOW ' + n)}" for n in
                         ["shared_buffers", "work_mem", "max_parallel_workers_per_gather", "jit"])
    load = os.getloadavg()[0]
    say(f"{model}, {os.cpu_count()} processors; PostgreSQL {db.value('SHOW server_version')}; {settings}")
    if load > 0.5:
        say(f"The machine is busy with other work (load {load:.1f}): times will be too long and uneven.")
