"""What one process needs to know to run: the only reader of the environment.

The merchant's rules (holds, policies, shipping) are data and live in ``shop_settings/``.
"""

import base64
import os
import re
import secrets
from collections.abc import Callable, Mapping
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import msgspec

from holdfast.errors.running import SettingsInvalid
from holdfast.limits import SETTING_FILE_BYTES_MAX
from holdfast.vault import key_bytes

DEV_ENCRYPTION_KEY = "ZGV2ZWxvcG1lbnQtb25seS1lbmNyeXB0aW9uLWtleSE="  # as public as the other
DEV_SECRET = "development-only-secret-that-nobody-should-use-in-production"  # noqa: S105 - refused in production

SECRET_CHARS_MIN = 32
WEBHOOK_SECRET_CHARS_MIN = 16  # some are chosen by people, and whoever guesses one tells of payments
_SECRET_NAME = re.compile(r"KEY|SECRET|HASH|TOKEN|PASSWORD")
_WEBHOOK_SECRET = re.compile(r"_(WEBHOOK_SECRETS?|SECRET_HASHES)$")
_TEST_BANK = "holdfast_sandbox"  # of the secrets that `holdfast demo` gives the sandbox

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")

Mode = Literal["development", "production"]
ForwardedHeader = Literal["x-forwarded-for", "forwarded"]
Network = IPv4Network | IPv6Network
RATE_LIMIT_SCHEMES = ("redis", "rediss", "valkey", "valkeys")


class Door(msgspec.Struct, frozen=True):
    """Who may come in, and how often: what ``web/guard`` is told."""

    rate_limits: bool = True
    rate_limit_url: str = ""
    """Where requests are counted for all processes together; empty: each counts its own."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose word about a client's address is taken."""
    forwarded_header: ForwardedHeader = "x-forwarded-for"
    """The one header that those proxies write; a client could send any other through them."""
    allowed_hosts: tuple[str, ...] = ()
    """Names that the shop answers to, without ports; empty: any."""
    cors_origins: tuple[str, ...] = ()
    """Pages of other origins whose scripts may read answers; ``*``: all of them, but without cookies."""


class Settings(msgspec.Struct, frozen=True):
    """Everything a process reads from its environment, each as ``HOLDFAST_<NAME>``."""

    database_url: str = ""
    """Empty: the embedded PostgreSQL under ``data_dir``."""
    data_dir: Path = Path(".holdfast")
    mode: Mode = "development"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    public_url: str = ""
    """Where buyers reach the shop; empty: http://host:port."""
    secret_key: str = DEV_SECRET
    """Key of the HMACs that guests own their carts and orders by; at least 32 characters in production."""
    encryption_keys: tuple[str, ...] = (DEV_ENCRYPTION_KEY,)
    """Keys of the secrets that are stored in the database, the newest first (``vault.py``)."""
    db_pool_size: int = 8
    """Connections per process."""
    db_statement_cache: int = 512
    """Prepared statements kept per connection; 0 behind PgBouncer in transaction mode."""
    provider_timeout_s: int = 10
    """How long a provider may take to answer one call before the outcome counts as unknown."""
    smtp_url: str = ""
    """Where letters are handed in; empty: they are written to the log."""
    mail_from: str = "Holdfast <shop@localhost>"
    """Who letters are from, as they show it."""
    log_level: str = "info"
    door: Door = Door()
    parent_pid: int = 0
    """The process without which this one ends; 0: none."""
    providers: Mapping[str, str] = {}
    """Every other ``HOLDFAST_`` variable, without that prefix: what the sections of the payment
    providers are read from, each by its own adapter (``payment/providers/offered.py``)."""

    @property
    def base_url(self) -> str:
        """The address that is put into links and return addresses."""
        return self.public_url or f"http://{self.host}:{self.port}"

    def secrets(self) -> frozenset[str]:
        """Every value here that nobody may read in a log."""
        urls = (self.database_url, self.smtp_url, self.door.rate_limit_url)
        found = {self.secret_key, *self.encryption_keys, *(urlsplit(url).password or "" for url in urls)}
        for name, value in self.providers.items():
            if _SECRET_NAME.search(name):
                found |= {value, *_parts(value)}
        return frozenset(filter(None, (*found, *map(unquote, found))))


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read ``HOLDFAST_*`` variables; raise SettingsInvalid naming every wrong one at once.

    Each may stand in a file instead, named by ``HOLDFAST_<NAME>_FILE``, as Docker and Kubernetes hand
    secrets over. No secret is repeated in what is raised.
    """
    wrong: dict[str, str] = {}
    env = _with_files(os.environ if environ is None else environ, wrong)
    read: set[str] = set()

    def text(name: str, default: str) -> str:
        read.add(f"HOLDFAST_{name}")
        return env.get(f"HOLDFAST_{name}", default)

    def number(name: str, default: int, low: int, high: int) -> int:
        raw = text(name, str(default))
        if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
            wrong[f"HOLDFAST_{name}"] = f"must be a whole number from {low} to {high}, not {raw!r}"
            return default
        return int(raw)

    mode: Mode = "production" if text("MODE", "development") == "production" else "development"
    if text("MODE", "development") not in ("development", "production"):
        wrong["HOLDFAST_MODE"] = "must be development or production"
    log_level = text("LOG_LEVEL", "info").lower()
    if log_level not in LOG_LEVELS:
        wrong["HOLDFAST_LOG_LEVEL"] = f"must be one of {', '.join(LOG_LEVELS)}"
    smtp_url, mail_from = text("SMTP_URL", ""), text("MAIL_FROM", "Holdfast <shop@localhost>")
    wrong |= _wrong_mail(smtp_url, mail_from)
    public_url = text("PUBLIC_URL", "").rstrip("/")
    settings = Settings(
        database_url=text("DATABASE_URL", ""),
        data_dir=Path(text("DATA_DIR", ".holdfast")),
        mode=mode,
        host=text("HOST", "127.0.0.1"),
        port=number("PORT", 8000, 1, 65_535),
        workers=number("WORKERS", 1, 1, 64),
        public_url=public_url,
        secret_key=text("SECRET_KEY", DEV_SECRET),
        encryption_keys=_parts(text("ENCRYPTION_KEYS", DEV_ENCRYPTION_KEY)),
        db_pool_size=number("DB_POOL_SIZE", 8, 2, 100),
        db_statement_cache=number("DB_STATEMENT_CACHE", 512, 0, 10_000),
        provider_timeout_s=number("PROVIDER_TIMEOUT_S", 10, 1, 60),
        smtp_url=smtp_url,
        mail_from=mail_from,
        log_level=log_level,
        door=_read_door(text, wrong, public_host=_host(public_url) if mode == "production" else ""),
        parent_pid=number("PARENT_PID", 0, 0, 2**31),
        providers={
            name.removeprefix("HOLDFAST_"): value
            for name, value in env.items()
            if name.startswith("HOLDFAST_") and name not in read
        },
    )
    wrong |= _wrong_keys(settings)
    if mode == "production":
        wrong |= _wrong_in_production(settings)
    if wrong:
        raise SettingsInvalid(settings=wrong)
    return settings


def _wrong_mail(smtp_url: str, mail_from: str) -> dict[str, str]:
    """What is wrong about the settings of letters; the URL is not repeated, it holds a password."""
    wrong = {}
    try:
        parts = urlsplit(smtp_url)
        usable = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if smtp_url and not usable:
        wrong["HOLDFAST_SMTP_URL"] = (
            "must be smtp://user:password@host:port, or smtps://… for TLS from the start"
        )
    name, address = parseaddr(mail_from)
    if not address or address.count("@") != 1 or any(letter in mail_from for letter in "\r\n"):
        wrong["HOLDFAST_MAIL_FROM"] = f"must be an address, for example {name or 'Shop'} <shop@example.com>"
    return wrong


def _read_door(text: Callable[[str, str], str], wrong: dict[str, str], *, public_host: str) -> Door:
    """The settings of the door; a shop in production answers to the name of its public address."""
    limits = text("RATE_LIMITS", "on")
    if limits not in ("on", "off"):
        wrong["HOLDFAST_RATE_LIMITS"] = "must be on or off"
    counted_at = text("RATE_LIMIT_URL", "")
    if counted_at and urlsplit(counted_at).scheme not in RATE_LIMIT_SCHEMES:
        wrong["HOLDFAST_RATE_LIMIT_URL"] = "must be an address such as redis://host:6379"
    header = text("FORWARDED_HEADER", "x-forwarded-for").lower()
    if header not in ("x-forwarded-for", "forwarded"):
        wrong["HOLDFAST_FORWARDED_HEADER"] = "must be x-forwarded-for or forwarded"
    proxies: list[Network] = []
    for given in _parts(text("TRUSTED_PROXIES", "")):
        try:
            proxies.append(ip_network(given))
        except ValueError:
            wrong["HOLDFAST_TRUSTED_PROXIES"] = f"must be networks such as 10.0.0.0/8, not {given!r}"
    origins = _parts(text("CORS_ORIGINS", ""))
    for given in origins:
        if given != "*" and not _is_origin(given):
            wrong["HOLDFAST_CORS_ORIGINS"] = f"must be origins such as https://shop.example, not {given!r}"
    if "*" in origins and len(origins) > 1:
        wrong["HOLDFAST_CORS_ORIGINS"] = "must be * alone, or a list of origins"
    return Door(
        rate_limits=limits != "off",
        rate_limit_url=counted_at,
        trusted_proxies=tuple(proxies),
        forwarded_header="forwarded" if header == "forwarded" else "x-forwarded-for",
        allowed_hosts=_parts(text("ALLOWED_HOSTS", public_host).lower()),
        cors_origins=origins,
    )


def _host(url: str) -> str:
    """The name in an address, in square brackets where it is an IPv6 address; nothing for what is none."""
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


def _is_origin(given: str) -> bool:
    """RFC 6454 §6.2: scheme, host and port, and nothing behind."""
    parts = urlsplit(given)
    return parts.scheme in ("http", "https") and given == f"{parts.scheme}://{parts.netloc}"


def _with_files(environ: Mapping[str, str], wrong: dict[str, str]) -> dict[str, str]:
    """Our variables, those that are named by a ``_FILE`` read from there, without the line's end."""
    ours = {name: value for name, value in environ.items() if name.startswith("HOLDFAST_")}
    for name in [name for name in ours if name.endswith("_FILE")]:
        file, wanted = ours.pop(name), name.removesuffix("_FILE")
        if not file:
            continue
        if wanted in ours:
            wrong[name] = f"and {wanted} are both set: leave one of them out"
            continue
        try:
            with Path(file).open("rb") as opened:
                found = opened.read(SETTING_FILE_BYTES_MAX + 1)
            ours[wanted] = found.decode().rstrip("\r\n")
        except OSError as error:
            wrong[name] = f"names a file that cannot be read ({error.strerror})"
        except UnicodeDecodeError:
            wrong[name] = "names a file that is no text in UTF-8"
        else:
            if len(found) > SETTING_FILE_BYTES_MAX:
                wrong[name] = f"names a file of more than {SETTING_FILE_BYTES_MAX} bytes"
    return ours


def _wrong_keys(settings: Settings) -> dict[str, str]:
    try:
        usable = [key_bytes(key) for key in settings.encryption_keys]
    except ValueError:
        usable = []
    return (
        {} if usable else {"HOLDFAST_ENCRYPTION_KEYS": "must be keys of 32 bytes in base64, comma separated"}
    )


def _wrong_in_production(settings: Settings) -> dict[str, str]:
    """Secrets that are public, empty or too short to be any."""
    wrong: dict[str, str] = {}
    if settings.secret_key == DEV_SECRET or len(settings.secret_key) < SECRET_CHARS_MIN:
        wrong["HOLDFAST_SECRET_KEY"] = (
            f"needs at least {SECRET_CHARS_MIN} secret characters, for example {secrets.token_urlsafe(36)}"
        )
    if DEV_ENCRYPTION_KEY in settings.encryption_keys:
        example = base64.b64encode(secrets.token_bytes(32)).decode()
        wrong["HOLDFAST_ENCRYPTION_KEYS"] = (
            f"needs a key of your own, 32 bytes in base64, for example {example}"
        )
    used = {name.partition("_")[0] for name, value in settings.providers.items() if value.strip()}
    for name, value in settings.providers.items():
        if _TEST_BANK in value:
            wrong[f"HOLDFAST_{name}"] = "is the test bank's, which everybody knows"
        elif _WEBHOOK_SECRET.search(name) and name.partition("_")[0] in used:
            shortest = min(map(len, _parts(value)), default=0)
            if shortest < WEBHOOK_SECRET_CHARS_MIN:
                wrong[f"HOLDFAST_{name}"] = f"needs secrets of at least {WEBHOOK_SECRET_CHARS_MIN} characters"
    return wrong


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
