"""Goods: what there is not, and what stock does not allow."""

from dataclasses import dataclass

from holdfast.errors.problem import Line, Problem


@dataclass(eq=False)
class UnknownSku(Problem):
    code, status, title = "unknown_sku", 404, "There is no such SKU"
    sentence = "There is nothing for sale with the SKU {skus}."
    skus: list[str]
    field: str = "lines"


@dataclass(eq=False)
class OutOfStock(Problem):
    code, status, title = "out_of_stock", 409, "Not enough of it is left"
    sentence = "Not enough is left of {lines}. Nothing was ordered."
    lines: list[Line]

    def __str__(self) -> str:
        what = ", ".join(f"{x['sku']} ({x['requested']} asked, {x['available']} left)" for x in self.lines)
        return f"Not enough is left of {what}. Nothing was taken."


@dataclass(eq=False)
class TrackedFixed(Problem):
    code, status, title = "tracked_fixed", 409, "Stock tracking cannot change now"
    sentence = "Whether {skus} are tracked cannot change while units of them are promised."
    skus: list[str]


@dataclass(eq=False)
class CountRefused(Problem):
    code, status, title = "count_refused", 409, "A count contradicts what is known"
    sentence = "These lines cannot be: {lines}."
    lines: list[Line]

    def __str__(self) -> str:
        why = "; ".join(f"line {x['line']}: {x['sku']} at {x['location']} {x['reason']}" for x in self.lines)
        return f"{why}. Nothing was changed."


@dataclass(eq=False)
class NotInTransit(Problem):
    code, status, title = "not_in_transit", 409, "So many are not under way"
    sentence = "These are not under way: {lines}."
    lines: list[Line]

    def __str__(self) -> str:
        what = ", ".join(f"{x['sku']} ({x['requested']} named, {x['in_transit']} left)" for x in self.lines)
        return f"So many are not under way in this transfer: {what}. Nothing was changed."


@dataclass(eq=False)
class StockFileInvalid(Problem):
    code, status, title = "stock_file_invalid", 422, "Lines of the file are wrong"
    sentence = "{more} more lines are wrong."
    lines: list[Line]
    more: int

    def __str__(self) -> str:
        said = "; ".join(f"line {x['line']}, {x['column']}: {x['reason']}" for x in self.lines[:5])
        others = len(self.lines) - 5 + self.more
        return f"{said}{f'; and {others} more' if others > 0 else ''}. Nothing was changed."
