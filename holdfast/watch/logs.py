"""Logs: one JSON object per event, on standard error; events have names, not sentences.

Secrets leave no process by its log: what is known to be one, is named like one, or looks like one
is masked in every event, and in what libraries log.
"""

import logging
import re
import sys
from collections.abc import Iterable

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from holdfast.watch.masks import Masking, masked, masking

_SECRET_NAME = re.compile(
    r"secret|token|passw|authorization|cookie|signature|api_?key|private|(^|_)(cvc|cvv|pin|otp|pan)$",
    re.IGNORECASE,
)


def set_up_logs(level: str, *, secrets: Iterable[str] = ()) -> None:
    """Write events of this level and above (debug, info, warning, error), and warnings of libraries.

    ``secrets`` are the values that this process knows and nobody may read.
    """
    ending: list[Processor] = [
        structlog.processors.format_exc_info,
        _mask(masking(secrets)),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    stamps: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *stamps, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=stamps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    logging.basicConfig(handlers=[libraries], level=logging.WARNING, force=True)
    # What its pool says while the database is away, in many lines each time, we say in one event.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)


def _mask(in_text: Masking) -> Processor:
    def mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        found: EventDict = masked(dict(event), secret_name=_SECRET_NAME, in_text=in_text)
        return found

    return mask
