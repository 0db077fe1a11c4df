"""A browser is sent back to this shop or home, whatever trick a return address plays."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.limits import URL_CHARS_MAX
from holdfast.web.guard.redirects import own_address

SHOP = "https://shop.example"


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("/", "/"),
        ("/orders/ord_1?tab=2&x=a%20b", "/orders/ord_1?tab=2&x=a%20b"),
        ("/orders/ord_1#lines", "/orders/ord_1"),
        ("https://shop.example/cart", "/cart"),
        ("https://shop.example/", "/"),
        ("/a//b", "/a//b"),
        ("/log-in?return_to=https://evil.example", "/log-in?return_to=https://evil.example"),
        ("/@evil.example", "/@evil.example"),
    ],
)
def test_addresses_of_the_shop_are_kept(asked: str, sent: str) -> None:
    assert own_address(asked, public_url=SHOP) == sent


@pytest.mark.parametrize(
    "evil",
    [
        None,
        "",
        "evil.example",
        "https://evil.example",
        "https://evil.example/https://shop.example/",
        "http://shop.example/",
        "https://shop.example",
        "HTTPS://shop.example/",
        "https://shop.example:444/",
        "https://shop.example.evil.example/",
        "https://shop.example@evil.example/",
        "https://shop.example:x@evil.example/",
        "https://evil.example@shop.example/",
        "https://evil.example#@shop.example/",
        "https://evil.example\\@shop.example/",
        "https:/shop.example/",
        "https:shop.example/",
        "https:///shop.example/",
        "//evil.example",
        "//shop.example/",
        "///evil.example",
        "////evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        " /cart",
        "/ /evil.example",
        "/a\\..\\..\\evil",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//%65vil.example",
        "/\u2215evil.example",
        "/\uff0fevil.example",
        "https://shop\u3002example/",
        "/<script>",
        '/"onmouseover=x',
        "/a\r\nSet-Cookie: x=y",
        "/\0",
        "/" + "x" * URL_CHARS_MAX,
    ],
)
def test_whatever_else_is_asked_for_the_browser_goes_home(evil: str | None) -> None:
    assert own_address(evil, public_url=SHOP) == "/"


@pytest.mark.parametrize("public_url", ["", "nonsense", "https://", "https://[", "https://me@shop.example"])
def test_without_a_sane_address_of_ours_only_paths_are_kept(public_url: str) -> None:
    assert own_address("https://shop.example/cart", public_url=public_url) == "/"
    assert own_address("/cart", public_url=public_url) == "/cart"


@given(st.text(alphabet=st.sampled_from("/\\:@?#.%2f5ceshopxample \t\n[]"), max_size=40))
def test_no_text_at_all_leads_elsewhere(text: str) -> None:
    sent = own_address(text, public_url=SHOP)
    assert urlsplit(urljoin(SHOP + "/log-in", sent)).netloc == "shop.example"
    assert sent.startswith("/")
    assert not sent.startswith("//")
    assert "\\" not in sent
    assert own_address(sent, public_url=SHOP) == sent
