"""What every answer says to browsers: run nothing, frame nothing, tell nobody, keep no secrets (OWASP)."""

from typing import Any

from litestar.config.cors import CORSConfig
from litestar.types import Message, Scope

from holdfast.accounts.roles import Action
from holdfast.settings import Door, Settings
from holdfast.web.guard.rates import header_lines

NO_STORE = (b"cache-control", b"no-store")
PAGES_OF_DATA = (
    b"content-security-policy",
    b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (
        b"permissions-policy",
        b"accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), usb=()",
    ),
]
OVER_TLS = [(b"strict-transport-security", b"max-age=31536000")]
"""A year; the shop's own name only, since neighbours below it are not ours."""

_PUBLIC = {Action.BROWSE}
_ERROR = 400
_HOURS = 3_600


class AnswerHeaders:
    """A hook of the framework's: completes the head of each answer, whoever made it."""

    def __init__(self, settings: Settings) -> None:
        always = ALWAYS + (OVER_TLS if settings.base_url.startswith("https://") else [])
        self._public, self._private = always, [*always, NO_STORE]

    async def __call__(self, message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        given = message["headers"]
        names = [name for name, _ in given]
        is_private = b"cache-control" not in names and _is_private(scope, message["status"], names)
        headers = [*given, *(self._private if is_private else self._public)]
        if b"content-security-policy" not in names:
            headers.append(PAGES_OF_DATA)
        counted = scope["state"].get("counted")
        if counted:
            headers += header_lines(counted)
        message["headers"] = headers


def cors(door: Door) -> CORSConfig | None:
    """Pages of these origins may read answers; with cookies only where each origin is named."""
    if not door.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(door.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Holdfast-Token"],
        expose_headers=["Idempotent-Replayed", "RateLimit", "RateLimit-Policy", "Retry-After"],
        allow_credentials="*" not in door.cors_origins,
        max_age=_HOURS,
    )


def _is_private(scope: Scope, status: int, names: list[bytes]) -> bool:
    """Everything but what is shown to everybody alike; no cache may keep a refusal or a cookie."""
    handler: Any = scope.get("route_handler")
    is_public = handler is not None and handler.opt.get("action") in _PUBLIC
    return not is_public or status >= _ERROR or b"set-cookie" in names
