"""What a process reads from its environment: every wrong variable named at once, and no secret repeated."""

import base64
from pathlib import Path

import pytest

from holdfast.errors.running import SettingsInvalid
from holdfast.settings import DEV_ENCRYPTION_KEY, DEV_SECRET, read_settings

KEY = base64.b64encode(bytes(range(32))).decode()
GOOD = {
    "HOLDFAST_MODE": "production",
    "HOLDFAST_SECRET_KEY": "s" * 32,
    "HOLDFAST_ENCRYPTION_KEYS": KEY,
    "HOLDFAST_STRIPE_SECRET_KEY": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "HOLDFAST_STRIPE_WEBHOOK_SECRETS": "whsec_MfKQ9r8GKYqrTwjU, whsec_zTwjUPD8ILPZIo2L",
    "HOLDFAST_DATABASE_URL": "postgresql://shop:p%40ssw0rd-of-it@db/shop",
}


def wrong(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsInvalid) as refused:
        read_settings(environ)
    return refused.value.settings


def test_good_secrets_are_taken_in_production() -> None:
    settings = read_settings(GOOD)
    assert (settings.secret_key, settings.encryption_keys) == ("s" * 32, (KEY,))


def test_without_any_variable_a_shop_is_in_development_with_public_secrets() -> None:
    settings = read_settings({})
    assert (settings.mode, settings.secret_key) == ("development", DEV_SECRET)
    assert settings.encryption_keys == (DEV_ENCRYPTION_KEY,)


def test_production_names_every_missing_or_public_or_short_secret_at_once() -> None:
    bad = {
        "HOLDFAST_MODE": "production",
        "HOLDFAST_PORT": "0",
        "HOLDFAST_STRIPE_SECRET_KEY": "sk_test_holdfast_sandbox",
        "HOLDFAST_STRIPE_WEBHOOK_SECRETS": "",
        "HOLDFAST_AWASH_API_KEY": "an-api-key-of-awash",
        "HOLDFAST_AWASH_WEBHOOK_SECRETS": "long-enough-to-be-a-secret,short",
        "HOLDFAST_FLUTTERWAVE_SECRET_HASHES": "abc",
    }
    assert set(wrong(bad)) == {
        "HOLDFAST_PORT",
        "HOLDFAST_SECRET_KEY",
        "HOLDFAST_ENCRYPTION_KEYS",
        "HOLDFAST_STRIPE_SECRET_KEY",
        "HOLDFAST_STRIPE_WEBHOOK_SECRETS",
        "HOLDFAST_AWASH_WEBHOOK_SECRETS",
        "HOLDFAST_FLUTTERWAVE_SECRET_HASHES",
    }
    read_settings(
        {name: value for name, value in bad.items() if name not in ("HOLDFAST_MODE", "HOLDFAST_PORT")}
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", DEV_SECRET),
        ("SECRET_KEY", "s" * 31),
        ("ENCRYPTION_KEYS", ""),
        ("ENCRYPTION_KEYS", f"{KEY},{DEV_ENCRYPTION_KEY}"),
        ("ENCRYPTION_KEYS", KEY[:-8]),
        ("ENCRYPTION_KEYS", f"{KEY},not base64!"),
    ],
)
def test_production_refuses_a_secret_that_is_none(name: str, value: str) -> None:
    assert set(wrong(GOOD | {f"HOLDFAST_{name}": value})) == {f"HOLDFAST_{name}"}


def test_a_provider_that_is_left_blank_is_no_wrong_provider() -> None:
    read_settings(GOOD | {"HOLDFAST_PAYSTACK_SECRET_KEYS": "", "HOLDFAST_AWASH_WEBHOOK_SECRETS": " "})


def test_keys_are_read_in_both_alphabets_of_base64() -> None:
    bytes_with_both = b"\xfb\xff" * 16
    for key in (base64.b64encode(bytes_with_both), base64.urlsafe_b64encode(bytes_with_both)):
        assert read_settings({"HOLDFAST_ENCRYPTION_KEYS": key.decode()}).encryption_keys == (key.decode(),)


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "STRIPE_WEBHOOK_SECRETS", "LOG_LEVEL"])
def test_any_variable_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    given = GOOD | {"HOLDFAST_LOG_LEVEL": "error"}
    file = tmp_path / "secret"
    file.write_text(given.pop(f"HOLDFAST_{name}") + "\r\n")
    expected = read_settings(GOOD | {"HOLDFAST_LOG_LEVEL": "error"})
    assert read_settings(given | {f"HOLDFAST_{name}_FILE": str(file)}) == expected


def test_a_file_that_cannot_be_read_is_named_with_everything_else_that_is_wrong(tmp_path: Path) -> None:
    binary, large = tmp_path / "binary", tmp_path / "large"
    binary.write_bytes(b"\xff\xfe")
    large.write_bytes(b"x" * 65_537)
    found = wrong(
        {
            "HOLDFAST_PORT": "x",
            "HOLDFAST_SECRET_KEY_FILE": str(tmp_path / "nothing"),
            "HOLDFAST_STRIPE_SECRET_KEY_FILE": str(tmp_path),
            "HOLDFAST_ENCRYPTION_KEYS_FILE": str(binary),
            "HOLDFAST_PUBLIC_URL_FILE": str(large),
        }
    )
    assert set(found) == {
        "HOLDFAST_PORT",
        "HOLDFAST_SECRET_KEY_FILE",
        "HOLDFAST_STRIPE_SECRET_KEY_FILE",
        "HOLDFAST_ENCRYPTION_KEYS_FILE",
        "HOLDFAST_PUBLIC_URL_FILE",
    }


def test_a_variable_and_its_file_together_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("another-secret-of-32-characters-x")
    file = {"HOLDFAST_SECRET_KEY_FILE": str(tmp_path / "secret")}
    assert set(wrong(GOOD | file)) == {"HOLDFAST_SECRET_KEY_FILE"}
    assert read_settings(GOOD | {"HOLDFAST_SECRET_KEY_FILE": ""}) == read_settings(GOOD)


def test_what_is_said_of_a_wrong_secret_does_not_repeat_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("file-secret\nof two lines")
    secrets = {
        "HOLDFAST_SECRET_KEY": "short-secret",
        "HOLDFAST_ENCRYPTION_KEYS": "wrong-encryption-key",
        "HOLDFAST_AWASH_WEBHOOK_SECRETS": "short-webhook",
        "HOLDFAST_STRIPE_WEBHOOK_SECRETS_FILE": str(tmp_path / "file"),
    }
    with pytest.raises(SettingsInvalid) as refused:
        read_settings({"HOLDFAST_MODE": "production", "HOLDFAST_PORT": "no", **secrets})
    said = f"{refused.value} {refused.value!r}"
    assert [value for value in (*secrets.values(), "file-secret") if value in said] == []


def test_the_settings_know_what_of_them_is_secret() -> None:
    assert read_settings(GOOD).secrets() == {
        "s" * 32,
        KEY,
        "p%40ssw0rd-of-it",
        "p@ssw0rd-of-it",
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "whsec_MfKQ9r8GKYqrTwjU",
        "whsec_zTwjUPD8ILPZIo2L",
        GOOD["HOLDFAST_STRIPE_WEBHOOK_SECRETS"],
    }
