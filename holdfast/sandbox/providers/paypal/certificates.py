"""What the sandbox's PayPal signs its webhooks with; public, because no money lies behind it.

Owns the certificate, the authority that issued it, and what a signature covers (gateways.md §6.6). The
authority's own key was thrown away: a new certificate needs a new authority.
"""

import binascii
import zlib
from base64 import b64decode, b64encode
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIDRzCCAi+gAwIBAgIUYsF51396l2FAxfeRIunFkxSQRBYwDQYJKoZIhvcNAQEL
BQAwOTEZMBcGA1UECgwQSG9sZGZhc3Qgc2FuZGJveDEcMBoGA1UEAwwTSG9sZGZh
c3Qgc2FuZGJveCBDQTAgFw0yNjAxMDEwMDAwMDBaGA8yMDU2MDEwMTAwMDAwMFow
OTEZMBcGA1UECgwQSG9sZGZhc3Qgc2FuZGJveDEcMBoGA1UEAwwTSG9sZGZhc3Qg
c2FuZGJveCBDQTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAMOYkEIR
pGjlOGiqwNaukOLLF5Vc5hlZD9wYlKoNGM9I0/SkvnJVLDahkjhRDAFQj/RgdI5p
z29d65E4QUIU7pzN+RJ9QcHvFuoN8w05eWxtr1jIeuc82IQ23zFhowXaM7wy+au/
W9j+5qbfaBl9khHD/raiJ5SveKwDn5RT0hD2oHKvGNkYAkZCdXPPpf3Wy4uQezTv
I1Jnplb0kNTJNo7qAWFZs8NhP82jTH5Ha/mvNA2eggMhnbTs4E8MCuMp0ltMUmLV
CjP7sfpCPNTAyGDCbNhJHkCo95743eAfNyRU0qtk1DWE5stJsiPccxCzEtPXtbcY
b4cwaAVarxgErrUCAwEAAaNFMEMwEgYDVR0TAQH/BAgwBgEB/wIBADAOBgNVHQ8B
Af8EBAMCAQYwHQYDVR0OBBYEFB9/2orTINQu5+g9AGpDWttFXNKDMA0GCSqGSIb3
DQEBCwUAA4IBAQAUaooSwNSClQ4oopbCZ7QRtwht+4w5StsYAAWkPTg1yaO4E6km
PSaglTLDd3fvMN1f6lkSOZckga/QCwiesZvXeb7akRqxh62/8vN7SlNwlelIuN6J
R8sFbMo/s0r1yGReK2MKPMWZcQqsiTh7414RKzkNA6V87K7vefuX4DjGN4ptiH2P
T/r3+N1fpheWb9W27UiE6BPR0asPHdB7Xbab8fi5R+7GZStds/8NFQ4v1yHsFZxK
aI1HF0XLLzPjuv8ys6wvF4HX+4vdsb+MPh0ITOaH9SBkL4G6sWTDBfgggYY1KXPv
WJDhRdpDKZEo83VeSvX403dIganvB6rzh2uA
-----END CERTIFICATE-----
"""
"""Who issued the certificate; a shop that verifies by itself has to trust it."""

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIDtDCCApygAwIBAgIUBEDbiAaA8ydrmL0VxuOrNs6OIH0wDQYJKoZIhvcNAQEL
BQAwOTEZMBcGA1UECgwQSG9sZGZhc3Qgc2FuZGJveDEcMBoGA1UEAwwTSG9sZGZh
c3Qgc2FuZGJveCBDQTAgFw0yNjAxMDEwMDAwMDBaGA8yMDU2MDEwMTAwMDAwMFow
UTEZMBcGA1UECgwQSG9sZGZhc3Qgc2FuZGJveDE0MDIGA1UEAwwrbWVzc2FnZXZl
cmlmaWNhdGlvbmNlcnRzLnNhbmRib3gucGF5cGFsLmNvbTCCASIwDQYJKoZIhvcN
AQEBBQADggEPADCCAQoCggEBAN3KV0+O2NBbtS7Qj+bMiO19MigQBImejHL5r9AL
tyCM+k+IWsqc0Xha7WtbED5OCmgO8eY9QMgOQpxUTmI2DzOP56Gbnqrjdo35w8IS
PeEVfwlMG3ZDprZ+K+jpXCILieUprkHwNumrMpcllglI0oZr6QXN/7G1OzvVYzFH
fCJ/RXZAvdBd+XKQCHcKY4jc9OLMvS201NLcfrAOcPrE55Jv00pJ3m9xA2TGEh6e
Md4HUGovor0c6P4wZnezPCBypMEdmLHL1upmmUXY6amxPRfrySNJ5NxDr/xJMXlY
HHFutuQbL4pyolC7jNChnwFK6flzgkIRuPw5o/uw1tdssN8CAwEAAaOBmTCBljAM
BgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDAdBgNVHSUEFjAUBggrBgEFBQcD
AQYIKwYBBQUHAwIwNgYDVR0RBC8wLYIrbWVzc2FnZXZlcmlmaWNhdGlvbmNlcnRz
LnNhbmRib3gucGF5cGFsLmNvbTAfBgNVHSMEGDAWgBQff9qK0yDULufoPQBqQ1rb
RVzSgzANBgkqhkiG9w0BAQsFAAOCAQEAeXuUh1mJ8NuQLdEyhdWUn9lqzWYWetOw
o9q4IEtIKAVZ/5GL2jrfyC7AnUja79QNlyyz7IQO8SRm+y/SN0UrfolAep/5D4zG
b9MpA03dwKt5ZATAUTpmaD2PSL4NRjdKIqWnfUmt/Zbc5zeGtgi5tWw8w/+a+pQh
OG1QCfTM0QmrMZE6v+hylgaMKJR0YhZU886bmpdvI0zUoAyn9wmXt8q2YF4oDIFJ
Rn/2iVG+NPiA0AGXdrGwXXlSr8gUeB/213nmzIqU78KSlGeyZ9HysJmvkkJ4FS4n
4L4oo13qFsoKwSpOel5FklmxS4sCCsijpQ0wSI2mzphsmJ+4sAzshw==
-----END CERTIFICATE-----
"""
"""What is served at the certificate's address."""

CERTIFICATE_ID = "CERT-360caa42-holdfast-sandbox"

_KEY = (
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDdyldPjtjQW7Uu0I/mzIjtfTIoEASJnoxy+a/QC7cgjPpPiFrK"
    "nNF4Wu1rWxA+TgpoDvHmPUDIDkKcVE5iNg8zj+ehm56q43aN+cPCEj3hFX8JTBt2Q6a2fivo6VwiC4nlKa5B8DbpqzKXJZYJSNKG"
    "a+kFzf+xtTs71WMxR3wif0V2QL3QXflykAh3CmOI3PTizL0ttNTS3H6wDnD6xOeSb9NKSd5vcQNkxhIenjHeB1BqL6K9HOj+MGZ3"
    "szwgcqTBHZixy9bqZplF2OmpsT0X68kjSeTcQ6/8STF5WBxxbrbkGy+KcqJQu4zQoZ8BSun5c4JCEbj8OaP7sNbXbLDfAgMBAAEC"
    "ggEAHHPiSo8JSoWRU02nQFUZ9dmbTx9q7Zq86t0UTGzMU+0yCXT1LMv8ZWPI1H5ssYmCdUIBj2dpQaDus65vFdNYlOVPsmBL9SFU"
    "KreRgPqlHJSM5Qzx8vSP1RaPnIQfcTCowpDbzZK7ALQZO+GzA0Ln2x3J2ZhJRqt4y16/KGnCx4vuFm2liHZiWJ++z7N32pv0Tz9+"
    "+g/firKvIhoqVpzSUXBlmssL3CehWpC9RSpe7gaBZ+qGzc+zGB+eEltMqt07GDGZNE0yyR8NrH067yqNwWk4Gg27FeMdqqMgDCiK"
    "xh6q3AWiKjnKgOhtHlTyK5lvC2nTtn9bVhlmdRszfumnlQKBgQD33hSvY/mQ3VBZmqmXfLEv7EHyLw1w1ddVhlI17UEhSgnCyQlR"
    "jIBTgV/uD1q1QpdWzej7jD3PAZU/C1eojKtqDEi2ChM1LwJhjAVlkEGHGYmvT6WgLkG21hqsUT2ZmQesKxMAJk4T6eOJ6E3ZTGen"
    "+QOh3fRaWFQiQ8yNDVDYPQKBgQDlETrujiHaUzO72VcFcQoE5lll12T6Z35SkKDrc1yehhEMrYFTcDVpAyOlLng0z8QXrmUr6Gca"
    "2D5W6Ma5zQ5QU9SVgBwqukEpcao+pflfjM8nUpLNMblV45x/Dud+8WNAafDe502f/sVvyQn2vksVpGTCQHy9tA7HUxXi9bEjSwKB"
    "gQCZQh20HLLQ2aa24KR/4D+GjCRyZJmA7RfJ79WhNmOQ+8BxSfCTFba660GvZpsFfHkq2QJ3ls0Y07e+VXsL4n6SganrtOsPdVOZ"
    "kQQ9OibqK+YwGaUlF7TWIig357uY30AZOkDzVLvuIC3qtVJ9S3rEJ3oRebV+ryLGVPmDNXqJWQKBgGwrqsykSdAzoiZ/B90F+Fk/"
    "/c9d281zue97ZMJLA93IKZz3Ai9IubART2/ddd5ajpswO450fNvsaePYoJ90+eFs9OJ0UNjMg6DykBZtgklg0SIcmD5V0NOCXJCT"
    "lTYY/2mXnatlRv7a7JlRMmdWjVZ2/y3MDhv3P1NZJOi8ZR3pAoGAYScIitiSO8Ve0Zn3Gknh8h4D8IuZcuhabY1OrxfAkwnCSNzt"
    "ZKkDdZOIBoZ0c+yKVoq2+Mrsbw+DdSk4HfdtYHCmGIbki/kjFUW45Rw1ixXLT/UQ3wwoemsSlWF72BvmpPnk1Sz+Dt0MyQ6ssPI+"
    "yhUjBOlaqhNbFhoq+7Gokpw="
)


def sign(*, transmission: str, time: str, webhook: str, body: bytes) -> str:
    """The base64 of a signature over a delivery: the body counts by its CRC-32 alone."""
    text = _signed_text(transmission, time, webhook, body)
    return b64encode(_private_key().sign(text, PKCS1v15(), SHA256())).decode()


def fits(signature: str, *, transmission: str, time: str, webhook: str, body: bytes) -> bool:
    """Whether a signature was made here, over this delivery."""
    try:
        given = b64decode(signature, validate=True)
        text = _signed_text(transmission, time, webhook, body)
        _private_key().public_key().verify(given, text, PKCS1v15(), SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def _signed_text(transmission: str, time: str, webhook: str, body: bytes) -> bytes:
    return f"{transmission}|{time}|{webhook}|{zlib.crc32(body)}".encode()


@lru_cache(maxsize=1)
def _private_key() -> RSAPrivateKey:
    key = load_der_private_key(b64decode(_KEY), password=None)
    assert isinstance(key, RSAPrivateKey), "PayPal signs with RSA"
    return key
