"""The hosted page, with a browser and with a program."""

import pytest
import stripe

from tests.providers.sandbox_server import Sandbox
from tests.providers.sandbox_stripe.calls import create, pay

# Stripe's SDK hands its bodies to httpx in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def test_the_page_says_what_is_paid_and_escapes_it(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    made = create(client, description="<b>mug</b>", metadata={})
    page = sandbox.http.get(f"/stripe/pay/{made.id}", params={"client_secret": str(made.client_secret)})
    assert page.status_code == 200
    assert "£25.99" in page.text
    assert "&lt;b&gt;mug&lt;/b&gt;" in page.text
    assert "Test bank" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert sandbox.http.get("/static/sandbox.css").headers["content-type"].startswith("text/css")
    assert made.id in sandbox.http.get("/").text


def test_the_secret_is_asked_for(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    made = create(client)
    for secret in ("", "pi_secret_é"):
        wrong = sandbox.http.post(
            f"/stripe/pay/{made.id}", params={"client_secret": secret}, data={"action": "pay"}
        )
        assert wrong.status_code == 403
    assert sandbox.http.get(f"/stripe/pay/{made.id}").status_code == 403
    assert sandbox.http.get("/stripe/pay/pi_nobody", params={"client_secret": "x"}).status_code == 404
    assert pay(sandbox, made, "steal").status_code == 400
    assert client.v1.payment_intents.retrieve(made.id).status == "requires_payment_method"


def test_a_buyer_pays_in_a_browser_and_is_led_home(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    made = create(client)
    fields = {"client_secret": str(made.client_secret), "return_url": "https://shop.example/thanks"}
    page = sandbox.http.get(f"/stripe/pay/{made.id}", params=fields)
    assert 'name="return_url" value="https://shop.example/thanks"' in page.text
    paid = sandbox.http.post(f"/stripe/pay/{made.id}", data={**fields, "action": "pay"})
    assert paid.status_code == 303
    assert paid.headers["location"].startswith("https://shop.example/thanks?payment_intent=")
    second_click = sandbox.http.post(f"/stripe/pay/{made.id}", data={**fields, "action": "pay"})
    assert second_click.headers["location"] == paid.headers["location"]
    again = sandbox.http.get(f"/stripe/pay/{made.id}", params={"client_secret": str(made.client_secret)})
    assert "Back to the shop" in again.text


def test_a_return_address_that_is_a_script_is_ignored(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    made = create(client)
    fields = {"client_secret": str(made.client_secret), "return_url": "javascript:alert(1)"}
    paid = sandbox.http.post(f"/stripe/pay/{made.id}", data={**fields, "action": "pay"})
    assert paid.status_code == 200
    assert "You can close this page" in paid.text
