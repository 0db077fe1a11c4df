"""Why a run of the bench counts for nothing."""


class BenchError(RuntimeError):
    """The run is worth nothing; the message says why."""


class ToolMissing(BenchError):
    """A program that measures is not here; the message says how to get it."""


class WrongAnswers(BenchError):
    """Answers were refusals, or the database does not have what was answered."""


class TooFewPrepared(BenchError):
    """The shop answered faster than was prepared for."""


class BooksBroken(BenchError):
    """A truth does not hold after a part."""
