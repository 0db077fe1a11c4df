"""Reviews: who may write one, and which text somebody has read."""

from dataclasses import dataclass

from holdfast.errors.problem import Problem


@dataclass(eq=False)
class NotBought(Problem):
    code, status, title = "not_bought", 403, "Reviews are written by those who bought it"
    sentence = "No parcel with {product} has left for you, or it was lost or came back."
    product: str


@dataclass(eq=False)
class ReviewChanged(Problem):
    code, status, title = "review_changed", 409, "The review was changed meanwhile"
    sentence = "The review is at version {version} by now. Read it again before you decide."
    version: int
