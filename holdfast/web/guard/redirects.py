"""Where a browser may be sent back to: only to this shop (OWASP: unvalidated redirects).

Pure. Whoever takes a ``return_to`` sends the browser to what this answers, and to nothing else.
"""

import re
from urllib.parse import urlsplit

from holdfast.limits import URL_CHARS_MAX

HOME = "/"

# What RFC 3986 lets stand in a path and a query. Browsers take a backslash for a slash and drop tabs and line
# breaks, so these, like everything else that is not on the list, have to come percent-encoded.
_LOCAL = re.compile(r"/(?!/)[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*")


def own_address(given: str | None, *, public_url: str) -> str:
    """The path and query of an address of this shop; the home page for every other.

    Taken are paths (``/orders/1?tab=2``) and whole addresses with exactly the origin of ``public_url``.
    A fragment is not kept.
    """
    if not given or len(given) > URL_CHARS_MAX or not given.isascii() or not given.isprintable():
        return HOME
    path = given
    if not given.startswith("/"):
        path = _within(given, public_url)
    path = path.partition("#")[0]
    return path if _LOCAL.fullmatch(path) else HOME


def _within(given: str, public_url: str) -> str:
    """What follows this shop's origin; nothing for another one, or one that is written otherwise."""
    try:
        ours = urlsplit(public_url)
    except ValueError:
        return ""
    origin = f"{ours.scheme}://{ours.netloc}"
    if not ours.netloc or "@" in ours.netloc or not given.startswith(origin + "/"):
        return ""
    return given.removeprefix(origin)
