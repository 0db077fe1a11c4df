"""What is sealed opens with its key only, and says which key that is."""

import base64

import pytest

from holdfast.vault import UnsealFailed, Vault, key_id, key_id_of

OLD, NEW, OTHER = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))


@pytest.mark.parametrize("text", ["", "JBSWY3DPEHPK3PXP", "ключ 🔑", "x" * 10_000])
def test_what_was_sealed_opens_as_it_was(text: str) -> None:
    vault = Vault([NEW])
    assert vault.unseal(vault.seal(text)) == text


def test_the_same_text_looks_different_every_time_and_shows_nothing_of_itself() -> None:
    vault = Vault([NEW])
    sealed = {vault.seal("JBSWY3DPEHPK3PXP") for _ in range(100)}
    assert len(sealed) == 100
    assert all(b"JBSWY3DP" not in each for each in sealed)


def test_the_first_key_seals_and_all_of_them_open() -> None:
    before, between = Vault([OLD]).seal("secret"), Vault([NEW, OLD])
    assert between.unseal(before) == "secret"
    after = between.seal("secret")
    assert (key_id_of(before), key_id_of(after)) == (key_id(OLD), key_id(NEW))
    assert Vault([NEW]).unseal(after) == "secret"


def test_a_key_that_is_gone_is_named_and_nothing_else() -> None:
    sealed = Vault([OLD]).seal("secret")
    with pytest.raises(UnsealFailed) as refused:
        Vault([NEW, OTHER]).unseal(sealed)
    assert key_id(OLD).hex() in str(refused.value)
    assert "secret" not in str(refused.value)
    assert OLD not in str(refused.value)


def test_whoever_changes_one_bit_of_it_opens_nothing() -> None:
    vault = Vault([NEW])
    sealed = vault.seal("secret")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(UnsealFailed):
            vault.unseal(changed)
    for cut in (b"", sealed[:5], sealed[:-1]):
        with pytest.raises(UnsealFailed):
            vault.unseal(cut)


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(b"x" * 31).decode(), "!" * 44])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Vault([key])
