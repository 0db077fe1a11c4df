"""What all adapters share about the wire: units, references, keys, signatures, sections of settings."""

import base64
import hmac
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.running import SettingsInvalid
from holdfast.ids import ID, mint
from holdfast.money import exponent
from holdfast.payment.provider import Can
from holdfast.payment.wire.amounts import from_text, to_minor, to_text, to_units
from holdfast.payment.wire.references import bare, content_key, whole
from holdfast.payment.wire.sections import Key, Keys, Url, read_section
from holdfast.payment.wire.signature import check_echo, check_hmac, check_moment

PROVIDERS = [
    "stripe",
    "razorpay",
    "paystack",
    "flutterwave",
    "paypal",
    "telebirr",
    "cbe_birr",
    "bank_transfer",
]
CURRENCIES = [
    "GBP",
    "USD",
    "JPY",
    "UGX",
    "ISK",
    "MGA",
    "KWD",
    "XOF",
    "RWF",
    "HUF",
    "TWD",
    "ETB",
    "NGN",
    "INR",
]

# (provider, currency, ISO 4217 minor units, smallest units of the provider, major units as text)
TABLE = [
    ("stripe", "GBP", 2599, 2599, "25.99"),
    ("stripe", "JPY", 500, 500, "500"),
    ("stripe", "UGX", 5, 500, "5.00"),
    ("stripe", "ISK", 7, 700, "7.00"),
    ("stripe", "MGA", 500, 5, "5"),
    ("stripe", "KWD", 1230, 1230, "1.230"),
    ("razorpay", "UGX", 5, 5, "5"),
    ("razorpay", "INR", 49900, 49900, "499.00"),
    ("paystack", "XOF", 5, 500, "5.00"),
    ("paystack", "NGN", 1500000, 1500000, "15000.00"),
    ("flutterwave", "NGN", 250050, 250050, "2500.50"),
    ("flutterwave", "JPY", 500, 500, "500"),
    ("paypal", "USD", 3000, 3000, "30.00"),
    ("paypal", "HUF", 175000, 1750, "1750"),
    ("paypal", "JPY", 500, 500, "500"),
    ("telebirr", "ETB", 125000, 125000, "1250.00"),
    ("cbe_birr", "ETB", 125000, 125000, "1250.00"),
]


@pytest.mark.parametrize(("provider", "currency", "minor", "units", "text"), TABLE)
def test_an_amount_stands_on_each_wire_in_its_own_units(
    provider: str, currency: str, minor: int, units: int, text: str
) -> None:
    assert (to_units(provider, minor, currency), to_text(provider, minor, currency)) == (units, text)
    assert to_minor(provider, units, currency) == minor
    assert from_text(provider, text, currency) == from_text(provider, Decimal(text), currency) == minor


@pytest.mark.parametrize(
    ("provider", "currency", "minor"),
    [("stripe", "KWD", 1234), ("razorpay", "BHD", 1), ("stripe", "MGA", 550), ("paypal", "HUF", 175050)],
)
def test_what_does_not_go_in_whole_units_does_not_go(provider: str, currency: str, minor: int) -> None:
    assert to_units(provider, minor, currency) is None
    assert to_text(provider, minor, currency) is None


@given(st.sampled_from(PROVIDERS), st.sampled_from(CURRENCIES), st.integers(0, 10**12))
def test_what_goes_out_comes_back_as_it_was(provider: str, currency: str, minor: int) -> None:
    units, text = to_units(provider, minor, currency), to_text(provider, minor, currency)
    assert (units is None) is (text is None)
    if units is not None and text is not None:
        assert to_minor(provider, units, currency) == minor
        assert from_text(provider, text, currency) == minor
    elif exponent(currency) == 2:
        assert minor % 100


@pytest.mark.parametrize(
    "text", ["", "x", "NaN", "Infinity", "-1.00", "1.001", "1e99", "9" * 40, "1,00", "\0", "1.00x"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        from_text("paypal", text, "USD")


@given(st.sampled_from(["", "-", "."]))
def test_a_reference_survives_a_poorer_alphabet(between: str) -> None:
    our_id = mint("att")
    assert ID.match(our_id)
    assert whole(bare(our_id, between)) == our_id
    assert bare(our_id).isalnum()
    assert len(bare(our_id)) == 29


@pytest.mark.parametrize("reference", [None, 5, "", "att", "ORD-1", "att01J", "att_" + "I" * 26, "x" * 29])
def test_what_is_no_reference_of_ours_is_none(reference: object) -> None:
    assert whole(reference) is None


@given(st.lists(st.text(max_size=300), min_size=1, max_size=4))
def test_a_content_key_fits_its_column_and_is_the_same_for_the_same(parts: list[str]) -> None:
    key = content_key(*parts)
    assert key == content_key(*parts)
    assert 0 <= len(key) <= 255
    assert key.isascii()


BODY, AT = b'{"event":"charge.success"}', datetime.fromtimestamp(1_795_000_000, UTC)


def accepts(check: object, *arguments: object, **named: object) -> bool:
    assert callable(check)
    try:
        check(*arguments, **named)
    except SignatureInvalid:
        return False
    return True


def test_samples_that_can_be_checked_by_hand() -> None:
    paystack = (
        "a64f9d544d65c9aeab4a7f4c13aad05164c31660900845c0a4c210911c8d42b7"
        "3712751edb74535a8abd175678d732d611e8e0c3b497f297df883ea36718747e"
    )
    assert accepts(check_hmac, [paystack], BODY, secrets=["sk_test_abc"], algorithm="sha512")
    v4 = "iLel0JaUSYTpz1ixGsnxn9t3Bfg2v8blrK9FWAAmZ28="
    assert accepts(check_hmac, [v4], b'{"type":"charge.completed"}', secrets=["flw_hash"], written="base64")
    returned = "3a882308c87ede8fe662f602117630a32ed9f347e5fe1d2adf84ff2ec7038b24"
    assert accepts(check_hmac, [returned], b"order_A1|pay_B2", secrets=["rzp_key_secret"])


@given(given=st.lists(st.text(max_size=70), max_size=3), secrets=st.lists(st.text(max_size=5), max_size=3))
def test_no_digest_of_a_stranger_is_accepted_or_raises_anything_else(
    given: list[str], secrets: list[str]
) -> None:
    assert not accepts(check_hmac, given, BODY, secrets=secrets)


@pytest.mark.parametrize("secret", ["", " ", "\t\n"])
def test_an_empty_secret_signs_nothing(secret: str) -> None:
    digest = hmac.new(secret.encode(), BODY, "sha256")
    assert not accepts(check_hmac, [digest.hexdigest()], BODY, secrets=[secret])
    encoded = base64.b64encode(digest.digest()).decode()
    assert not accepts(check_hmac, [encoded], BODY, secrets=[secret], written="base64")
    assert not accepts(check_echo, secret, secrets=[secret])
    assert not accepts(check_echo, None, secrets=[secret, "good"])


def test_two_secrets_are_valid_while_one_is_rolled() -> None:
    for secret in ("new_one", "old_one"):
        digest = hmac.new(secret.encode(), BODY, "sha256").hexdigest()
        assert accepts(check_hmac, ["00", digest], BODY, secrets=["new_one", "old_one"])
        assert accepts(check_echo, secret, secrets=["new_one", "old_one"])
    assert not accepts(check_echo, "old", secrets=["new_one", "old_one"])
    assert not accepts(check_echo, "\ud800é", secrets=["new_one"])


@pytest.mark.parametrize(("off", "fits"), [("300", True), ("-300", True), ("301", False), ("-301", False)])
def test_a_signed_moment_may_be_five_minutes_off(off: str, fits: bool) -> None:
    assert accepts(check_moment, str(1_795_000_000 + int(off)), at=AT) is fits


@pytest.mark.parametrize("moment", [None, "", "x", "1.5", "-1", "١٢", "9" * 40])
def test_what_is_no_moment_is_refused(moment: str | None) -> None:
    assert not accepts(check_moment, moment, at=AT)


class Section(msgspec.Struct, frozen=True):
    """A provider's settings, for these tests."""

    secret_key: Key
    hashes: Keys
    api_base: Url = "https://api.test"
    sandbox: bool = False
    minutes: int = 5


def test_a_section_is_read_from_its_own_variables() -> None:
    given = {"X_SECRET_KEY": " key_1 ", "X_HASHES": "one1, two2,", "X_SANDBOX": "true", "Y_MINUTES": "7"}
    assert read_section(Section, "x", given) == Section("key_1", ("one1", "two2"), sandbox=True)
    assert read_section(Section, "z", given) is None
    assert read_section(Section, "x", {"X_SECRET_KEY": "", "X_HASHES": " "}) is None


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"X_SECRET_KEY": "key_1"}, {"HASHES"}),
        ({"X_SECRET_KEY": "k 1", "X_HASHES": ","}, {"SECRET_KEY", "HASHES"}),
        ({"X_SECRET_KEY": "key_1", "X_HASHES": "one1", "X_MINUTES": "soon"}, {"MINUTES"}),
        ({"X_SECRET_KEY": "key_1", "X_HASHES": "one1", "X_API_BASE": "file:///x"}, {"API_BASE"}),
        ({"X_SECRET_KEY": "key_1", "X_HASHES": "one1", "X_COLOUR": "red"}, {"COLOUR"}),
    ],
)
def test_a_wrong_section_names_what_is_wrong_and_tells_no_secret(
    given: dict[str, str], named: set[str]
) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        read_section(Section, "x", given)
    assert {name.removeprefix("HOLDFAST_X_") for name in raised.value.settings} == named
    assert "key_1" not in str(raised.value)


def test_what_a_provider_can_decides_what_fits() -> None:
    can = Can(frozenset(), frozenset({"ETB"}), {"ETB": 100}, {"ETB": 500}, frozenset({"ET"}))
    for amount, currency, country, fits in [
        (100, "ETB", "ET", True),
        (500, "ETB", None, True),
        (99, "ETB", "ET", False),
        (501, "ETB", "ET", False),
        (100, "GBP", "ET", False),
        (100, "ETB", "GB", False),
    ]:
        assert can.fits(amount, currency, country) is fits
    assert Can(frozenset()).fits(10**15, "XXX", "ZZ")
