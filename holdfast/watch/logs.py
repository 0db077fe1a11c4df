"""Logs: one JSON object per event, on standard error; events have names, not sentences."""

import logging
import sys

import structlog


def set_up_logs(level: str) -> None:
    """Write events of this level and above (debug, info, warning, error)."""
    # What its pool says while the database is away, in many lines each time, we say in one event.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
