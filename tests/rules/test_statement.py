"""Settlement files: how their lines are read, and what makes a difference."""

from datetime import date

import pytest

from holdfast.attention.matters import Kind
from holdfast.errors.provider import StatementInvalid
from holdfast.payment.reconcile.compare import Known, differences, fee_of
from holdfast.payment.reconcile.statement import KNOWN_COLUMNS, Columns, Line, read_lines
from holdfast.shop_settings.rules import Fee

WHOLE = Columns(id="id", kind="kind", fee="fee", net="net", date="date")
HEADER = "id,kind,reference,amount,fee,net,currency,date"


def lines(*rows: str, columns: Columns = WHOLE, header: str = HEADER) -> list[Line]:
    return list(read_lines([f"{row}\n" for row in (header, *rows)], columns))


def test_a_line_says_what_was_settled_in_minor_units() -> None:
    assert lines("L1,charge,pi_1,25.99,0.62,25.37,gbp,2026-11-20 10:00:00") == [
        Line("L1", "payment", "pi_1", 2599, "GBP", 62, 2537, date(2026, 11, 20))
    ]


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ('"1,234.50"', "GBP", 123_450),
        ("1 234.5", "GBP", 123_450),
        ("-12.00", "GBP", 1_200),
        ("(12.00)", "GBP", 1_200),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1_234),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, currency: str, minor: int) -> None:
    (line,) = lines(f"L1,,r,{text},,,{currency},")
    assert (line.amount_minor, line.fee_minor, line.settled_on) == (minor, None, None)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("L1,,r,many,,,GBP,", "'many' is no amount"),
        ("L1,,r,NaN,,,GBP,", "no amount"),
        ("L1,,r,1.005,,,GBP,", "no amount of GBP"),
        ("L1,,r,5,,,POUND,", "no currency"),
        ("L1,,r,5,,,GBP,yesterday", "no date"),
        ("L1,,r,1e99,,,GBP,", "no amount"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(row: str, reason: str) -> None:
    with pytest.raises(StatementInvalid, match=reason) as refused:
        lines("L0,,r,1.00,,,GBP,", row)
    assert refused.value.line == 3


def test_a_file_without_a_needed_column_is_refused() -> None:
    with pytest.raises(StatementInvalid, match="gross, payment_intent_id"):
        lines("x", columns=Columns(amount="gross", reference="payment_intent_id"))


def test_the_word_or_the_sign_says_what_a_line_is_about() -> None:
    plain = Columns()
    header = "reference,amount,currency"
    assert [line.kind for line in lines("a,5,GBP", "a,-5,GBP", columns=plain, header=header)] == [
        "payment",
        "refund",
    ]
    kinds = [
        lines(f"L,{word},r,5,,,GBP,")[0].kind for word in ("charge", "Refund", "payout", "refund_failure")
    ]
    assert kinds == ["payment", "refund", "other", "refund"]


def test_lines_without_an_id_are_known_by_their_content_and_equal_ones_apart() -> None:
    header, row = "reference,amount,currency", "a,5,GBP"
    first = [line.key for line in lines(row, row, "b,5,GBP", columns=Columns(), header=header)]
    assert len(set(first)) == 3
    assert first == [line.key for line in lines(row, row, "b,5,GBP", columns=Columns(), header=header)]


def test_stripes_own_columns_are_known() -> None:
    header = "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,payment_intent_id"
    row = "txn_1,2026-11-20 10:00:00,gbp,20.00,0.50,19.50,charge,pi_1"
    assert lines(row, columns=KNOWN_COLUMNS["stripe"], header=header)[0].reference == "pi_1"


LINE = Line("L", "payment", "pi_1", 2_000, "GBP", 50, 1_950)
KNOWN = Known("att_1", "ord_1", 2_000, "GBP", 2_000, 1)


@pytest.mark.parametrize(
    ("line", "known", "fee", "found"),
    [
        ({}, {}, None, []),
        ({}, {}, Fee(rate_bp=150, fixed_minor=20), []),
        ({"fee_minor": 51, "net_minor": 1_949}, {}, Fee(rate_bp=150, fixed_minor=20), []),
        ({"fee_minor": 52, "net_minor": 1_948}, {}, Fee(rate_bp=150, fixed_minor=20), [Kind.SETTLED_FEE]),
        ({"net_minor": 1_900}, {}, None, [Kind.SETTLED_FEE]),
        ({}, {"booked_minor": 0}, None, [Kind.SETTLED_UNRECORDED]),
        ({"currency": "USD"}, {}, None, [Kind.SETTLED_CURRENCY]),
        ({}, {"booked_minor": 2_100}, None, [Kind.SETTLED_AMOUNT]),
        ({}, {"settled_minor": 4_000, "lines": 2}, None, [Kind.SETTLED_TWICE]),
        ({}, {"booked_minor": 4_000, "settled_minor": 4_000, "lines": 2}, None, []),
    ],
)
def test_what_makes_a_difference(
    line: dict[str, object], known: dict[str, object], fee: Fee | None, found: list[Kind]
) -> None:
    given = Line(**{name: getattr(LINE, name) for name in Line.__struct_fields__} | line)
    ours = Known(**{name: getattr(KNOWN, name) for name in Known.__struct_fields__} | known)
    assert differences(given, ours, fee) == found


def test_what_we_do_not_have_is_a_difference() -> None:
    assert differences(LINE, None, None) == [Kind.SETTLED_UNKNOWN]


def test_a_fee_is_rounded_half_up() -> None:
    assert [fee_of(Fee(rate_bp=150), amount) for amount in (33, 34, 100)] == [0, 1, 2]
