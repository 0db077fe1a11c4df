"""A postal address as a value, and which countries there are (ISO 3166-1 by pycountry)."""

from typing import Annotated

import msgspec
import pycountry
from msgspec import Meta

from holdfast.errors.request import FieldInvalid
from holdfast.limits import ADDRESS_LINE_CHARS_MAX

AddressLine = Annotated[str, Meta(max_length=ADDRESS_LINE_CHARS_MAX, pattern=r"^[^\x00]*$")]

COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries)


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where parcels and invoices go; ``country`` is ISO 3166-1 alpha-2, or as given by staff."""

    country: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
    name: AddressLine = ""
    line1: AddressLine = ""
    line2: AddressLine = ""
    city: AddressLine = ""
    region: AddressLine = ""
    postal_code: AddressLine = ""
    phone: AddressLine = ""


def check_address(address: Address, *, field: str) -> None:
    """Raise FieldInvalid for what a buyer may not leave out: name, first line, city, a known country."""
    if address.country not in COUNTRIES:
        raise FieldInvalid(field=f"{field}.country", reason="must be a country code such as GB (ISO 3166-1)")
    for part in ("name", "line1", "city"):
        if not getattr(address, part).strip():
            raise FieldInvalid(field=f"{field}.{part}", reason="must not be empty")
