"""What payment providers send and do not answer."""

from dataclasses import dataclass

from holdfast.errors.problem import Problem


@dataclass(eq=False)
class SignatureInvalid(Problem):
    code, status, title = "signature_invalid", 401, "The signature does not fit"
    sentence = "The webhook's signature does not fit its body, or is too old."


@dataclass(eq=False)
class ProviderAway(Problem):
    code, status, title = "provider_away", 503, "The payment provider does not answer"
    sentence = "{provider} has to be asked about this and does not answer. Send it again in a moment."
    retry_after_s = 1
    provider: str


@dataclass(eq=False)
class StatementInvalid(Problem):
    code, status, title = "statement_invalid", 422, "The settlement file cannot be read"
    sentence = "Line {line} {reason}. Nothing behind it was read."
    line: int
    reason: str
