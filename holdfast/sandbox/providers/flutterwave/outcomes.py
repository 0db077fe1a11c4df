"""Why a try ended as it did: a sentence in v3, a word and a code in v4."""

from collections.abc import Mapping

from msgspec import Struct


class Outcome(Struct, frozen=True):
    """One reason in both languages."""

    sentence: str
    word: str
    code: str


OUTCOMES: Mapping[str, Outcome] = {
    "": Outcome("Pending", "pending", "02"),
    "approved": Outcome("Approved", "approved", "00"),
    "card_declined": Outcome("Declined by the bank", "do_not_honor", "05"),
    "insufficient_funds": Outcome("Insufficient Funds", "insufficient_funds", "51"),
    "expired_card": Outcome("Expired Card", "expired_card", "54"),
    "incorrect_cvc": Outcome("Incorrect CVV", "incorrect_cvv", "82"),
    "lost_card": Outcome("Lost Card", "lost_card", "41"),
    "fraudulent": Outcome("Suspected Fraud", "suspected_fraud", "59"),
    "processing_error": Outcome("System Malfunction", "system_error", "96"),
    "not_authenticated": Outcome("Authentication Failed", "authentication_failed", "63"),
    "timed_out": Outcome("Transaction timed out", "timeout", "68"),
}
"""By what ended it: a DeclineCode, or one of our own words."""
