"""The API reference at /docs: ReDoc 2.5.4 from our own assets, drawn from /openapi.json."""

from pathlib import Path
from typing import Any

from litestar import MediaType, Response, get
from litestar.enums import OpenAPIMediaType
from litestar.handlers import HTTPRouteHandler
from litestar.router import Router
from litestar.static_files import create_static_files_router

from holdfast.accounts.roles import Action
from holdfast.errors.request import NotFound
from holdfast.web.openapi import document
from holdfast.web.problems import render
from holdfast.web.session import Asked

STATIC = Path(__file__).with_name("static")

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast API</title>
<style>body { margin: 0 }</style>
</head>
<body>
<redoc spec-url="/openapi.json" disable-search="false" hide-download-button="false"></redoc>
<script src="/static/redoc/redoc.standalone.js"></script>
</body>
</html>
"""


# ReDoc's bundle would fetch its maker's logo from elsewhere; its search works in a blob of a worker.
# It writes its styles into the page, so these are allowed inline, as scripts are not.
_ONLY_OURS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
}


@get(
    "/openapi.json",
    media_type=OpenAPIMediaType.OPENAPI_JSON,
    opt={"action": Action.BROWSE},
    include_in_schema=False,
)
async def describe(request: Asked) -> Response[bytes]:
    """The description of the API for programs (OpenAPI 3.1)."""
    return Response(document(request.app), media_type=OpenAPIMediaType.OPENAPI_JSON)


@get("/docs", media_type=MediaType.HTML, opt={"action": Action.BROWSE}, include_in_schema=False)
async def reference() -> Response[str]:
    """The page; everything it loads comes from here."""
    return Response(_PAGE, media_type=MediaType.HTML, headers=_ONLY_OURS)


def _no_file(request: Asked, _: ValueError) -> Response[dict[str, Any]]:
    """What no file can be called (a NUL in it), where the framework would fail."""
    return render(request, NotFound(kind="address", id=request.scope["path"][:200]))


_assets: Router = create_static_files_router(
    path="/static",
    directories=[STATIC],
    opt={"action": Action.BROWSE},
    include_in_schema=False,
    exception_handlers={ValueError: _no_file},
)

ROUTES: list[HTTPRouteHandler | Router] = [describe, reference, _assets]
