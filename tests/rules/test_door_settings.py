"""The settings of the door: what is wrong is named, and a shop in production answers to its own name."""

import base64

import pytest

from holdfast.errors.running import SettingsInvalid
from holdfast.settings import read_settings

PRODUCTION = {
    "HOLDFAST_MODE": "production",
    "HOLDFAST_SECRET_KEY": "s" * 40,
    "HOLDFAST_ENCRYPTION_KEYS": base64.b64encode(b"k" * 32).decode(),
}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("RATE_LIMITS", "no"),
        ("RATE_LIMITS", ""),
        ("RATE_LIMIT_URL", "http://localhost"),
        ("RATE_LIMIT_URL", "localhost:6379"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("FORWARDED_HEADER", "x-real-ip"),
        ("CORS_ORIGINS", "shop.example"),
        ("CORS_ORIGINS", "https://shop.example/"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "*,https://shop.example"),
    ],
)
def test_a_wrong_one_is_named(name: str, wrong: str) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        read_settings({f"HOLDFAST_{name}": wrong})
    assert list(raised.value.settings) == [f"HOLDFAST_{name}"]


def test_requests_are_counted_unless_somebody_says_otherwise() -> None:
    assert read_settings({}).door.rate_limits
    assert read_settings({"HOLDFAST_RATE_LIMITS": "on"}).door.rate_limits
    assert not read_settings({"HOLDFAST_RATE_LIMITS": "off"}).door.rate_limits


@pytest.mark.parametrize(
    ("environment", "hosts"),
    [
        ({"HOLDFAST_PUBLIC_URL": "https://shop.example"}, ()),
        (PRODUCTION, ()),
        (PRODUCTION | {"HOLDFAST_PUBLIC_URL": "https://Shop.Example:8443/"}, ("shop.example",)),
        (PRODUCTION | {"HOLDFAST_PUBLIC_URL": "https://[2001:db8::1]"}, ("[2001:db8::1]",)),
        (
            PRODUCTION | {"HOLDFAST_PUBLIC_URL": "https://a", "HOLDFAST_ALLOWED_HOSTS": "B.example, c"},
            ("b.example", "c"),
        ),
        (PRODUCTION | {"HOLDFAST_PUBLIC_URL": "https://a", "HOLDFAST_ALLOWED_HOSTS": ""}, ()),
    ],
)
def test_the_names_that_are_answered_to(environment: dict[str, str], hosts: tuple[str, ...]) -> None:
    assert read_settings(environment).door.allowed_hosts == hosts
