"""The running shop itself: busy, away, set up wrongly, or refused by its database."""

from dataclasses import dataclass

from holdfast.errors.problem import Problem


@dataclass(eq=False)
class Overloaded(Problem):
    code, status, title = "overloaded", 503, "Too many requests are waiting"
    sentence = (
        "The shop is busy. Nothing was changed; "
        "repeat the request in a moment, with the same Idempotency-Key."
    )
    retry_after_s = 1


@dataclass(eq=False)
class DatabaseAway(Problem):
    code, status, title = "database_away", 503, "The database does not answer"
    sentence = "The database does not answer. Repeat the request in a moment, with the same Idempotency-Key."
    retry_after_s = 2


@dataclass(eq=False)
class SchemaOutdated(Problem):
    code, status, title = "schema_outdated", 503, "The database is older than this program"
    sentence = "The database lacks the newest migration; run holdfast migrate."
    retry_after_s = 10


@dataclass(eq=False)
class SettingsInvalid(Problem):
    code, status, title = "settings_invalid", 422, "Settings are wrong"
    sentence = "Settings are wrong: {settings}."
    settings: dict[str, str]

    def __str__(self) -> str:
        return "Settings are wrong:\n" + "\n".join(f"  {name} {why}" for name, why in self.settings.items())


@dataclass(eq=False)
class PromiseKept(Problem):
    """The database refused a write that would have broken a promise; the code names the constraint."""

    code, status, title = "promise_kept", 409, "That would break a promise of the shop"
    sentence = "{reason}. Nothing was changed."
    constraint: str
    reason: str
