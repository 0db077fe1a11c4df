"""What the sandbox is started with; what can be changed while it runs is each provider's matter."""

from pathlib import Path

from msgspec import Struct


class SandboxConfig(Struct, frozen=True, kw_only=True):
    """Where the sandbox listens, where it sends its webhooks, and what it keeps."""

    host: str = "127.0.0.1"
    port: int = 8002
    public_url: str = ""
    """Where buyers reach the hosted pages; empty: http://host:port."""
    journal: Path | None = None
    """What everything is appended to and restored from; none: all is forgotten when the process ends."""
    webhook_url: str = "http://127.0.0.1:8000/webhooks/stripe"
    """Where events go; empty: nowhere."""
    secret_key: str = "sk_test_holdfast_sandbox"  # noqa: S105 - a test bank's key is public
    webhook_secret: str = "whsec_holdfast_sandbox"  # noqa: S105
    enabled_events: tuple[str, ...] = ()
    """Event types that are sent, as on a Stripe endpoint; empty: all."""
    auto: bool = False
    """Every new payment is paid at once, as if its buyer had been waiting; for load."""
    deliveries_in_flight: int = 16
    retry_scale: float = 1.0
    """Multiplies the gaps between tries of a webhook; 0.1 is ten times as fast."""

    @property
    def base_url(self) -> str:
        """The address that is put into links to the hosted pages."""
        return self.public_url or f"http://{self.host}:{self.port}"
