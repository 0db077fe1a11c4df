"""How a command ends: by a signal that unwinds it, or with the process that started it."""

import os
import signal
import threading
import time

_LOOK_EVERY_S = 1.0


def unwind_on_sigterm() -> None:
    """Let SIGTERM end a command as Ctrl-C does, so that what it started is stopped as well."""

    def end(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)


def end_with(parent_pid: int) -> None:
    """End this process, as by SIGTERM, once its parent is gone (0: it has none that matters).

    A crew that was killed with -9 cannot stop its people; so they look for themselves.
    """
    if parent_pid:
        threading.Thread(target=_watch, args=(parent_pid,), daemon=True).start()


def _watch(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(_LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
