"""On what it was measured: processor, memory, kernel, versions."""

import os
import platform
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from holdfast.bench.figures import Machine
from holdfast.bench.processes import MEGABYTE

CPU_INFO = Path("/proc/cpuinfo")


def describe(postgresql: str, at: datetime) -> Machine:
    """This machine, with the version of the server that ran on it."""
    return Machine(
        cpu=_processor(),
        cores=os.cpu_count() or 1,
        memory_mb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE,
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        postgresql=postgresql,
        holdfast=version("holdfast"),
        at=at,
    )


def _processor() -> str:
    with suppress(OSError):
        for line in CPU_INFO.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
