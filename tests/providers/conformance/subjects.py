"""Who is put to the test: one entry for each adapter, with what only its entry may say.

To have another adapter tested, add a Subject to ``SUBJECTS``. Everything else is read from what
the adapter declares (``Can``) and driven through the sandbox's control API, the same for all.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from holdfast.sandbox.providers.flutterwave.account import KEYS as FLUTTERWAVE_KEYS
from holdfast.sandbox.providers.paypal.certificates import AUTHORITY as PAYPAL_AUTHORITY
from holdfast.sandbox.providers.telebirr.account import KEYS as TELEBIRR_KEYS

Section = dict[str, str]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One adapter at its sandbox."""

    name: str
    """Of the provider, which is also that of its bank in the sandbox."""
    section: Callable[[str, Mapping[str, str]], Section]
    """Its variables, without ``HOLDFAST_<NAME>_``, for a bank at this address with these keys."""
    way: str = ""
    """Where one adapter is tested in several settings: which."""
    currency: str = "GBP"
    amount_minor: int = 2599
    units: tuple[tuple[str, int], ...] = ()
    """Other currencies, with an amount in minor units that must arrive as it was sent."""
    challenges: bool = True
    """Its page can ask the buyer to prove something (3-D Secure, a one-time code)."""
    expires: bool = False
    """What a buyer was sent to can end over there by itself."""
    retries_inside: bool = True
    """A declined buyer may try again inside the same object."""
    tells_action_again: bool = True
    """Reading a payment says again what its buyer is to do; else only the first answer does."""
    tells_refunds: bool = True
    """An event tells what became of a refund."""
    signs: Literal["body", "fields", "nothing"] = "body"
    """What its signature covers: every byte of the body, the fields that it tells, or nothing of it."""
    signs_time: bool = False
    """A signature is good for some minutes only."""
    event_ids: bool = False
    """An event has an id, so that the same news under another id is another event."""
    of_vector: Callable[[dict[str, Any]], Section] | None = None
    """Its variables for a recorded signature vector; None: there are no vectors of it."""
    bank_keys: tuple[tuple[str, str], ...] = ()
    """How its bank of the sandbox is set up, for the whole run: the same for all subjects of one bank."""
    vector_provider: str = ""
    """The provider's name in the vectors, where it is another."""

    @property
    def id(self) -> str:
        """What a test run calls it."""
        return f"{self.name}-{self.way}" if self.way else self.name


def _stripe(**more: str) -> Callable[[str, Mapping[str, str]], Section]:
    def section(url: str, keys: Mapping[str, str]) -> Section:
        return {
            "SECRET_KEY": keys["secret_key"],
            "WEBHOOK_SECRETS": keys["webhook_secret"],
            "API_BASE": url,
            **more,
        }

    return section


def _telebirr(url: str, keys: Mapping[str, str]) -> Section:
    return {
        **{name.upper(): keys[name] for name in ("fabric_app_id", "app_secret", "merchant_app_id")},
        "MERCHANT_CODE": keys["merchant_code"],
        "PRIVATE_KEY": TELEBIRR_KEYS["private_key"],
        "PUBLIC_KEYS": TELEBIRR_KEYS["public_key"],
        "MODE": "test",
        "API_BASE": f"{url}/apiaccess/payment/gateway",
        "PAGE_URL": f"{url}/payment/web/paygate",
    }


def _telebirr_vector(vector: dict[str, Any]) -> Section:
    made_up = {"MERCHANT_APP_ID": "1000000000000001", "MERCHANT_CODE": "200001"}
    return _telebirr("http://127.0.0.1", TELEBIRR_KEYS) | made_up | {"PUBLIC_KEYS": vector["public_key_pem"]}


def _paystack(**more: str) -> Callable[[str, Mapping[str, str]], Section]:
    def section(url: str, keys: Mapping[str, str]) -> Section:
        return {"SECRET_KEYS": keys["secret_key"], "API_BASE": url, **more}

    return section


def _paypal(**more: str) -> Callable[[str, Mapping[str, str]], Section]:
    def section(url: str, keys: Mapping[str, str]) -> Section:
        mine = {name.upper(): keys[name] for name in ("client_id", "client_secret", "webhook_id")}
        return mine | {"MODE": "test", "API_BASE": url, **more}

    return section


def _razorpay(**more: str) -> Callable[[str, Mapping[str, str]], Section]:
    def section(url: str, keys: Mapping[str, str]) -> Section:
        return {
            "KEY_ID": keys["key_id"],
            "KEY_SECRET": keys["key_secret"],
            "WEBHOOK_SECRETS": keys["webhook_secret"],
            "API_BASE": url,
            **more,
        }

    return section


def _signed_callback(**more: str) -> Callable[[str, Mapping[str, str]], Section]:
    def section(url: str, keys: Mapping[str, str]) -> Section:
        ours = {"API_KEY": keys["api_key"], "WEBHOOK_SECRETS": keys["webhook_secret"]}
        return {"API_BASE": url, **ours, "HASHING_KEY": keys["hashing_key"], "MODE": "test", **more}

    return section


def _flutterwave_v3(url: str, keys: Mapping[str, str]) -> Section:
    return {
        "SECRET_KEY": keys["secret_key"],
        "SECRET_HASHES": keys["secret_hash"],
        "API_BASE": f"{url}/v3",
        "PAYLOAD_HASH": "true",
    }


def _flutterwave_v4(url: str, keys: Mapping[str, str]) -> Section:
    return {
        "API": "v4",
        "CLIENT_ID": keys["client_id"],
        "CLIENT_SECRET": keys["client_secret"],
        "SECRET_HASHES": keys["secret_hash"],
        "MODE": "test",
        "API_BASE": url,
        "TOKEN_URL": f"{url}/realms/flutterwave/protocol/openid-connect/token",
    }


def _flutterwave_vector(
    section: Callable[[str, Mapping[str, str]], Section],
) -> Callable[[dict[str, Any]], Section]:
    return lambda vector: section("http://127.0.0.1", FLUTTERWAVE_KEYS | {"secret_hash": vector["secret"]})


def _signed_callback_vector(vector: dict[str, Any]) -> Section:
    ours = {"API_BASE": "http://127.0.0.1", "API_KEY": "vectors", "WEBHOOK_SECRETS": vector["secret"]}
    scheme = "timestamped" if vector["kind"] == "webhook_timestamped" else "plain"
    return {**ours, "MODE": "test", "SIGNATURE": scheme}


_HASHED = (("hashing_key", "cbe_birr_hashing_key"),)


def _razorpay_vector(vector: dict[str, Any]) -> Section:
    """Its secret is the endpoint's or the key's; some are wrongly signed with the other one."""
    webhook = vector["kind"] == "webhook"
    return {
        "KEY_ID": "rzp_test_vectors",
        "KEY_SECRET": "rzp_vector_key_secret_Zx81Lk" if webhook else vector["secret"],
        "WEBHOOK_SECRETS": vector["secret"] if webhook else "rzp_vector_webhook_secret_7Qm2",
    }


def _paypal_vector(vector: dict[str, Any]) -> Section:
    """The certificate that its address would serve, given beforehand: a test's own has no authority."""
    return {
        "CLIENT_ID": "vectors",
        "CLIENT_SECRET": "vectors",
        "WEBHOOK_ID": vector["secret"],
        "MODE": "test",
        "VERIFY": "certificate",
        "CERTIFICATES": vector["cert_pem"],
    }


SUBJECTS = (
    Subject(
        name="stripe",
        way="intent",
        section=_stripe(),
        units=(("JPY", 500), ("UGX", 5_000), ("KWD", 1_230), ("USD", 99)),
        signs_time=True,
        event_ids=True,
        of_vector=lambda vector: {"SECRET_KEY": "sk_test_vectors", "WEBHOOK_SECRETS": vector["secret"]},
    ),
    Subject(
        name="stripe",
        way="session",
        section=_stripe(CHECKOUT="session"),
        units=(("JPY", 500), ("UGX", 5_000)),
        expires=True,
        signs_time=True,
        event_ids=True,
    ),
    Subject(
        name="razorpay",
        way="order",
        section=_razorpay(),
        currency="INR",
        units=(("JPY", 500), ("UGX", 5_000), ("KWD", 1_230), ("IQD", 1_230), ("USD", 99)),
        of_vector=_razorpay_vector,
    ),
    Subject(
        name="razorpay",
        way="link",
        section=_razorpay(CHECKOUT="link"),
        currency="INR",
        units=(("JPY", 500), ("KWD", 1_230)),
        expires=True,
    ),
    Subject(
        name="telebirr",
        section=_telebirr,
        currency="ETB",
        expires=True,
        retries_inside=False,
        tells_refunds=False,
        signs="fields",
        of_vector=_telebirr_vector,
    ),
    Subject(
        name="paystack",
        section=_paystack(CURRENCIES="GHS,KES,NGN,USD,XOF,ZAR"),
        currency="GHS",
        units=(("NGN", 50_00), ("KES", 12_345), ("USD", 2_00), ("ZAR", 99_99), ("XOF", 655)),
        retries_inside=False,
        of_vector=lambda vector: {"SECRET_KEYS": vector["secret"], "CURRENCIES": "GHS,NGN"},
    ),
    Subject(
        name="paystack",
        way="preauthorise",
        section=_paystack(PREAUTHORISE_DAYS="5"),
        currency="ZAR",
        retries_inside=False,
    ),
    Subject(
        name="flutterwave",
        way="v3",
        section=_flutterwave_v3,
        currency="NGN",
        units=(("XOF", 500), ("UGX", 5_000), ("KES", 1_050), ("USD", 99)),
        tells_action_again=False,
        tells_refunds=False,
        signs="nothing",
        of_vector=_flutterwave_vector(_flutterwave_v3),
        vector_provider="flutterwave_v3",
    ),
    Subject(
        name="flutterwave",
        way="v4",
        section=_flutterwave_v4,
        currency="NGN",
        units=(("XOF", 500), ("USD", 99)),
        retries_inside=False,
        event_ids=True,
        of_vector=_flutterwave_vector(_flutterwave_v4),
        vector_provider="flutterwave_v4",
    ),
    Subject(
        name="cbe_birr",
        section=_signed_callback(),
        currency="ETB",
        expires=True,
        retries_inside=False,
        signs_time=True,
        event_ids=True,
        bank_keys=_HASHED,
        of_vector=_signed_callback_vector,
    ),
    Subject(
        name="cbe_birr",
        way="unasked",
        section=_signed_callback(STATUS_QUERY="no"),
        currency="ETB",
        expires=True,
        retries_inside=False,
        signs_time=True,
        event_ids=True,
        bank_keys=_HASHED,
    ),
    Subject(
        name="awash",
        section=_signed_callback(SIGNATURE="plain"),
        currency="ETB",
        expires=True,
        retries_inside=False,
        event_ids=True,
        bank_keys=(("signature", "plain"),),
        of_vector=_signed_callback_vector,
    ),
    Subject(
        name="paypal",
        way="certificate",
        section=_paypal(VERIFY="certificate", CA_CERTIFICATES=PAYPAL_AUTHORITY),
        units=(("JPY", 500), ("HUF", 500_000), ("TWD", 12_300), ("USD", 99)),
        expires=True,
        event_ids=True,
        of_vector=_paypal_vector,
    ),
    Subject(
        name="paypal",
        way="api",
        section=_paypal(VERIFY="api"),
        expires=True,
        event_ids=True,
    ),
)
