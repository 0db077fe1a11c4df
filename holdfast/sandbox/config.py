"""What the sandbox is started with, and what can be changed of a bank while it runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, UnsetType


class Settings(Struct, kw_only=True):
    """How one bank behaves now."""

    webhook_url: str
    """Where its events go; empty: nowhere."""
    enabled_events: tuple[str, ...]
    """Event types that are sent, as a merchant subscribes an endpoint to them; empty: all."""
    auto: bool
    """Every new payment is paid at once, as if its buyer had been waiting; for load."""
    retry_scale: float
    """Multiplies the gaps of the provider's own schedule of retries: 0.001 makes an hour 3.6 seconds."""
    keys: dict[str, str]
    """Credentials and secrets by their names; public, because no money lies behind them."""


class SettingsChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings to change; what is absent stays. Of the keys, those that are named are changed."""

    webhook_url: str | UnsetType = msgspec.UNSET
    enabled_events: tuple[str, ...] | UnsetType = msgspec.UNSET
    auto: bool | UnsetType = msgspec.UNSET
    retry_scale: Annotated[float, Meta(gt=0)] | UnsetType = msgspec.UNSET
    keys: dict[str, str] | UnsetType = msgspec.UNSET


class SandboxConfig(Struct, frozen=True, kw_only=True):
    """Where the sandbox listens, which shop it tells, and what it keeps."""

    host: str = "127.0.0.1"
    port: int = 8002
    public_url: str = ""
    """Where buyers reach the hosted pages; empty: http://host:port."""
    shop_url: str = "http://127.0.0.1:8000"
    """The shop that is told: each bank's events go to `{shop_url}/webhooks/{bank}`; empty: nowhere."""
    journal: Path | None = None
    """What everything is appended to and restored from; none: all is forgotten when the process ends."""
    auto: bool = False
    """As in `Settings`, for every bank."""
    retry_scale: float = 0.001
    """As in `Settings`, for every bank."""
    deliveries_in_flight: int = 16
    offered: tuple[str, ...] = ()
    """Providers that are stood in for; empty: every one."""
    banks: Mapping[str, SettingsChange] = {}
    """What is different at one bank."""

    def base_url(self, bank: str) -> str:
        """The address that stands for a provider's host; its own paths follow."""
        return f"{self.public_url or f'http://{self.host}:{self.port}'}/{bank}"

    def settings(self, bank: str, keys: Mapping[str, str]) -> Settings:
        """A bank's settings at the start; raises msgspec.ValidationError for a key that it does not have."""
        settings = Settings(
            webhook_url=f"{self.shop_url}/webhooks/{bank}" if self.shop_url else "",
            enabled_events=(),
            auto=self.auto,
            retry_scale=self.retry_scale,
            keys=dict(keys),
        )
        if bank in self.banks:
            change_settings(settings, self.banks[bank])
        return settings


def change_settings(settings: Settings, change: SettingsChange) -> None:
    """Take over what is set in `change`; raises msgspec.ValidationError for an unknown key."""
    keys = settings.keys if change.keys is msgspec.UNSET else settings.keys | change.keys
    if strangers := keys.keys() - settings.keys.keys():
        raise msgspec.ValidationError(f"no such key: {', '.join(sorted(strangers))}")
    for name in change.__struct_fields__:
        value = getattr(change, name)
        if value is not msgspec.UNSET:
            setattr(settings, name, keys if name == "keys" else value)
