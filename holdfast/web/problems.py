"""Every error as ``application/problem+json`` (RFC 9457); no stack trace ever leaves."""

import re
from http import HTTPStatus
from typing import Any

import structlog
from litestar import Request, Response
from litestar.background_tasks import BackgroundTask
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from holdfast.errors.problem import Problem
from holdfast.errors.request import FieldInvalid, MethodNotAllowed, NotFound, RequestMalformed
from holdfast.web.body import field_invalid, is_unread, linger

log = structlog.get_logger()

TYPES_URL = "https://holdfast.dev/problems"
PROBLEM_JSON = "application/problem+json"


_MISSING = re.compile(r"^Missing required \w+ parameter '(?P<name>[^']*)'")


def told(problem: Problem) -> dict[str, Any]:
    """A Problem's fields beside the five members of RFC 9457."""
    return {
        **problem.extensions(),
        "type": f"{TYPES_URL}/{problem.code.replace('_', '-')}",
        "code": problem.code,
        "status": problem.status,
        "title": problem.title,
        "detail": str(problem),
    }


def render(request: Request[Any, Any, Any], problem: Problem) -> Response[dict[str, Any]]:
    """A Problem as the answer to a request."""
    headers = {"Retry-After": str(problem.wait_s)} if problem.wait_s is not None else {}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 §15.5.2
    background = BackgroundTask(linger, request) if is_unread(request) else None
    return Response(
        told(problem),
        status_code=problem.status,
        media_type=PROBLEM_JSON,
        headers=headers,
        background=background,
    )


def on_problem(request: Request[Any, Any, Any], error: Problem) -> Response[dict[str, Any]]:
    """A use case said no."""
    return render(request, error)


def on_invalid(request: Request[Any, Any, Any], error: ValidationException) -> Response[dict[str, Any]]:
    """A part of the address, or a whole body, that is missing or of the wrong kind."""
    missing = _MISSING.match(error.detail)
    if missing:
        return render(request, FieldInvalid(field=missing["name"], reason="is needed"))
    found: Any = error.extra
    first = found[0] if isinstance(found, list) and found else {}
    field = str(first.get("key") or "body")
    if field == "data":
        return render(request, FieldInvalid(field="body", reason="is needed, as JSON"))
    message = str(first.get("message") or error.detail)
    return render(request, field_invalid(message, within=_as_asked(request, field)))


def _as_asked(request: Request[Any, Any, Any], name: str) -> str:
    """What a part of the address is called outside, where our own word for it is another."""
    declared = request.route_handler.parsed_fn_signature.parameters.get(name)
    given = declared.kwarg_definition if declared else None
    return getattr(given, "name", None) or name


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """What the framework refuses: unknown addresses, wrong methods, requests that make no sense."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return on_bug(request, error)
    if isinstance(error, NotFoundException):
        return render(request, NotFound(kind="address", id=request.url.path[:200]))
    if isinstance(error, MethodNotAllowedException):
        answer = render(request, MethodNotAllowed(method=request.method))
        answer.headers.update(error.headers or {})
        return answer
    return render(request, RequestMalformed(reason=str(error.detail).rstrip(".")))


def on_bug(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """A bug of ours: logged with its trace, answered without it."""
    log.error("request.failed", method=request.method, path=request.url.path, exc_info=error)
    return render(request, Problem())


HANDLERS: dict[int | type[Exception], Any] = {
    Problem: on_problem,
    ValidationException: on_invalid,
    HTTPException: on_http_error,
    Exception: on_bug,
}
