"""What each country wants of an address: its parts, its regions, how postal codes and phones look."""

import msgspec
import pytest

from holdfast.accounts.address import COUNTRIES, Address, check_address
from holdfast.errors.request import FieldInvalid

LEEDS = Address(country="GB", name="Ada Byron", line1="1 High Street", city="Leeds", postal_code="LS1 1AA")
DENVER = Address(
    country="US",
    name="Al",
    line1="1 Main St",
    city="Denver",
    region="CO",
    postal_code="80014",
    phone="+44 113 496 0000",
)

GOOD = [
    LEEDS,
    DENVER,
    msgspec.structs.replace(LEEDS, postal_code=" ls11aa ", phone="0113 496 0000", region="Yorkshire"),
    msgspec.structs.replace(DENVER, region="colorado", postal_code="80014-1234", phone="(202) 555-0100"),
    Address(country="FR", name="Zoé", line1="1 Rue Royale", city="Paris", postal_code="75 008"),
    Address(country="ET", name="አበበ", line1="ቦሌ 12", city="አዲስ አበባ", phone="0911 12 34 56"),
    Address(country="IE", name="Nora", line1="7 Eccles Street", city="Dublin"),
    Address(country="HK", name="Li", line1="1 Nathan Road", region="九龍"),
    Address(
        country="JP",
        name="愛",
        line1="千代田1-1",
        region="東京都",
        postal_code="\uff11\uff10\uff10-\uff10\uff10\uff10\uff11",
    ),
    Address(country="CO", name="Gabo", line1="Calle 1", city="Bogota", region="bogota"),
    Address(country="SG", name="Mei", line1="1 Orchard Road", postal_code="238823"),
]

WRONG: list[tuple[Address, dict[str, str], str, str]] = [
    (LEEDS, {"country": "EIRE"}, "country", "must be a country code such as GB (ISO 3166-1)"),
    (LEEDS, {"name": " "}, "name", "must not be empty"),
    (LEEDS, {"line1": ""}, "line1", "must not be empty"),
    (LEEDS, {"city": "\u3000"}, "city", "must not be empty"),
    (LEEDS, {"postal_code": ""}, "postal_code", "must not be empty, such as EC1Y 8SY"),
    (LEEDS, {"postal_code": "75008"}, "postal_code", "must be a postal code of GB, such as EC1Y 8SY"),
    (LEEDS, {"postal_code": "GIR 0AA, UK"}, "postal_code", "must be a postal code of GB, such as EC1Y 8SY"),
    (LEEDS, {"phone": "ask Ada"}, "phone",
     "must be a phone number, one of another country with its code, such as +44 121 234 5678"),
    (LEEDS, {"phone": "123"}, "phone",
     "must be a phone number, one of another country with its code, such as +44 121 234 5678"),
    (DENVER, {"region": ""}, "region", "must not be empty, such as AL"),
    (DENVER, {"region": "Yorkshire"}, "region", "must be a region of US, such as AL"),
    (DENVER, {"postal_code": "LS1 1AA"}, "postal_code", "must be a postal code of US, such as 95014"),
]  # fmt: skip


@pytest.mark.parametrize("address", GOOD, ids=lambda x: x.country)
def test_an_address_as_people_write_it_is_taken(address: Address) -> None:
    check_address(address, field="shipping_address")


@pytest.mark.parametrize(("address", "changes", "part", "reason"), WRONG)
def test_what_is_wrong_is_named_with_the_form_that_is_wanted(
    address: Address, changes: dict[str, str], part: str, reason: str
) -> None:
    with pytest.raises(FieldInvalid) as refused:
        check_address(msgspec.structs.replace(address, **changes), field="shipping_address")
    assert (refused.value.field, refused.value.reason) == (f"shipping_address.{part}", reason)


def test_every_country_says_of_an_empty_address_what_it_wants() -> None:
    for country in sorted(COUNTRIES):
        with pytest.raises(FieldInvalid) as refused:
            check_address(Address(country=country, name="A"), field="a")
        assert refused.value.field == "a.line1", country
