"""Bank transfer: the buyer is told where to send money, and staff say when it came (gateways.md §11).

Owns the reference that the buyer writes on the transfer; calls nobody.
"""

from hashlib import sha256

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Ask, Can, Said, bank_details
from holdfast.payment.providers.by_staff import ByStaff
from holdfast.shop_settings.rules import ShopRules

REFERENCE_CHARS = 12

# No 0, O, I, L or U, so that nothing can be misread. Their number is prime, so that the check
# character finds every single slip and every swap of two characters.
_ALPHABET = "123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PRIME = len(_ALPHABET)
_WEIGHT = 3  # a primitive root of 31: no two of up to 30 places weigh the same
_AS_TYPED = str.maketrans({"I": "1", "L": "1", " ": None, "-": None})


def bank_transfer(rules: ShopRules) -> ByStaff | None:
    """Buyers are asked to send money to the shop's account; None: it has none."""
    account = rules.bank_account
    if not account.iban:
        return None

    def plan(ask: Ask) -> Said:
        reference = reference_for(ask.attempt_id)
        return Said(
            provider_ref=reference,
            state=AttemptState.PENDING,
            amount_minor=ask.amount_minor,
            currency=ask.currency,
            live=True,
            reference=ask.attempt_id,
            next_action=bank_details(
                ask.amount_minor,
                ask.currency,
                holder=account.holder,
                iban=account.iban,
                bank=account.bank,
                reference=reference,
            ),
        )

    return ByStaff("bank_transfer", plan, Can(frozenset(), currencies=frozenset({rules.currency})))


def reference_for(attempt_id: str) -> str:
    """REFERENCE_CHARS characters, the last of which checks the others; the same for the same attempt."""
    number = int.from_bytes(sha256(attempt_id.encode()).digest(), "big")
    characters = []
    for _ in range(REFERENCE_CHARS - 1):
        number, place = divmod(number, _PRIME)
        characters.append(_ALPHABET[place])
    text = "".join(characters)
    return text + _ALPHABET[-_weigh(text + _ALPHABET[0]) % _PRIME]


def reference_is_valid(text: str) -> bool:
    """Whether this is a reference without a typing error; case, spaces and hyphens do not matter."""
    reference = text.upper().translate(_AS_TYPED)
    well_formed = len(reference) == REFERENCE_CHARS and set(reference) <= set(_ALPHABET)
    return well_formed and _weigh(reference) == 0


def _weigh(reference: str) -> int:
    total = 0
    for character in reference:
        total = (total * _WEIGHT + _ALPHABET.index(character)) % _PRIME
    return total
