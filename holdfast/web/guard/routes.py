"""What every route is told at the start, so that no request has to find it out."""

from typing import Any

from litestar import HttpMethod, Litestar, Request, Response

from holdfast.web.guard.rates import class_of

_ASKS = {HttpMethod.OPTIONS}


def prepare_routes(app: Litestar) -> None:
    """Give each its class of requests; a KeyError names the action that the table lacks.

    And all methods of its path: the framework's own answer to OPTIONS knows one handler's only.
    """
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if handler.http_methods == _ASKS:
                handler.opt["methods"] = ", ".join(sorted(route.methods))
            else:
                handler.opt["counted_as"] = class_of(handler.opt, min(handler.http_methods))


def methods_answer(request: Request[Any, Any, Any]) -> Response[None] | None:
    """The answer to who only asks which methods there are."""
    if request.method != HttpMethod.OPTIONS:
        return None
    return Response(None, status_code=204, headers={"Allow": request.route_handler.opt["methods"]})
