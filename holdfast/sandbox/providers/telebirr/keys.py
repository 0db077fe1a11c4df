"""The two key pairs of the sandbox's TeleBirr; both are public, because no money lies behind them."""

from base64 import b64decode, b64encode
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

MERCHANT = (
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC0WJmHbVadUJWLUNEvvMV8XpzsRYMpwZL7fY4PO41QeQUx2zOv"
    "HPHXh6YNtaj5Jb0jyk1fE85D5tSfIh1gPaZSxkd/YzPSEuoX6Rs7U3FoGoa8ffmk4RRHK6nFQnICgrHeEGk7QAZ5iEOD1usO6L6f"
    "ILSi8tqfF0MvJvfYRHjpRsK2bcUPfVBqcYf/jLpRX/C76jWzu1JdwrfjMWDiVwLR4LQ3wHwQlm91gauj229XKI5lEjkMF2F/A6xn"
    "vP/1UM9UofK8noYbfsCTEN3DQaQPQEHYB4OjUSwoD+O07E+gEv+1LKsaZL5RTtPbBArqAC10ZgdB1leJh1ffuv4ulnTLAgMBAAEC"
    "ggEAOt3wv1PhQdhb9+2ZWouzqrT3Y+gMuESHRa/l/vLhXbMjDvMOG8rG5iNRAIibbzfyVQxj1PUSDvf5zzfDfvago8Q08k/fSmMC"
    "Jmvgh6zlB6Yg9MXqBvexNsn50Hmv3UHr7SBOORjdBC6GWzJ755HxJt/2FnpPAj8Fnw6JN/6huQLjmA7dZPyQGl3dBklcZfJ8etZI"
    "psEliNrMt5WX3EhNbKHdpYNeP1wXkH6GkGZ/LQYBO3y5Rh/Xk3Oz9m8MS/Fy9RA4/SrzhjQG5lfgW5crVWIkiiEotjBPrSmntC6J"
    "g1s6+H+MdJNc85qzBuIomvdajwEHF45VNpfPnXGI4NMngQKBgQDc52lTWhjTOH4EZFulOuxRjNixyXd4k4ihjHf8XvTOfGPJcipO"
    "1JkNGIFC8c03QKzHShn2uSVB6D0aziiquoYhuD6Y1dwUGnMZyVTuA/uAFoJiAXbixzHhTMTBztOFlrWgL5ISE7EICpxe+ogceQsH"
    "PuvEiEBZ6xjG5aXHk9ByBQKBgQDQ/59H69fi+d+0MNj48wrbVqucE4GMsqvygTQiPa9xi9/6MV/A0+VeABBohFQcqj0v0s8JChOo"
    "pQBOFHgnVgIG83hvwrcj3n1r4a7WDFkDdmDkGF0WhzEHfPoUtolnNq/rD7jKkYW9eAF0qp42FjMe21iuCfCYp0Z5XN6RVbL0jwKB"
    "gQDNQ5aiJgkFU+v85sglu5/VkzvTz/Hcr7J48o6XiiCOMhWDHTtk7rWc7pVGAGuBGO6zbA6+LIILQOJuovw00IdMk+hOmgIbCAzF"
    "/EeXt0meVswmh1fSF+gogu4dbLMt4cG5LBreA0AvybRNqRyK4Iq32+a2QykQpJzsTH4D+jzphQKBgCqI+8fNbgCZzjeEAYSZIkqF"
    "lyOKrMEP1ALk3NFjMIOxbgIjblN2TKYW6T/8Pooe85j6FHzIejvGaQt7CwEmdf8oKgjE3jUEoQ4Fvml91dfojcueUcO1+/qEKvlw"
    "NQK2lJMIfhlsCIYJGHLADrb/SaQsDB5Pk5Hd6W/lwL5fbK5tAoGAG5VnxipfZ2pjJv+UhB509IG3yeQXokkh3Tg8NP0Fxl8eq0Uu"
    "yrPt1zjIQWFH7dCLVYT9yq09mYc02yKHC2/Y/Sh1zM7gjyqWeRxievaLDQWlGHtxuCNUydfuWFWxbONrYlA+exWU6WQDqo3AqqCZ"
    "unROs1q8ZmatD+A7D/p6hzo="
)
"""The merchant's private key, as TeleBirr's portal hands it out: PKCS#8, base64, one line."""

TELEBIRR = (
    "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCSdzAgt6W2biYVamnQYC6HI08mtEP9JT/tg7oYhp0PlbTss8At"
    "IrOSA6t4BB64acP+iQby1hxswqUn+/u3smkZu/wGyWElSEXLk466Oy6Ei87SMB+SzkqnolzCvWkhc6l0lDgbfoKTj1NckX7LvO0k"
    "BFuf/ebk6QZnHQVZyWYmc8Vj4j6ENOVD+foVDLwO4Ui+z2z52E6qvbhnRhiR72kBY8/gFZO6Gc2nMBUClxlsNkTpzwmYLrhkEIMx"
    "bS+u6+25T2fDrHM8YvD5r+isviajGQpBCcjCQb1fyQLwhuCPVi6bNd8PBrCiik84b38hSqu954zmdHq7ZgCmjkgBKE6fAgMBAAEC"
    "ggEAFZ48VHqWyH795bJPt58YBFVHWlidd7tW8g6RL2E1xHZIfpl8wjdkLCdDg1LkWpGDNB9zOZuLFYMt+mFcgtLKutl+y7JPQZVR"
    "y/MAduduUx0JpAd7WYv+WTuDQoZ6LSL+aNkfEPEoLRx+EDnfbmCj2z7owTbU14ZiLg0KsaPNjTDXIQXSTXGd7G/rUgJuR1ihRh18"
    "7uS+S06o4oxwd2Tng/K4InTDbB8jZmXtGBEHgkeBaXJWYv5We7PAZgxtDBhK/+W+lh/aHmuOKgYzPKgEpbrJatxHSZEP9Nlp5bvT"
    "rRiX+sUpTvnFMyGK4k6wgiLnbF50O4CLZJBrHiSiN2Q4zQKBgQDG+Uv9mkKtNaN3q2O2EScaVIBNlpV9ubFGwTehFJtb+8OcXSyC"
    "zEOkFIQkLyRMbh522nRnJWa+SbU/QJPboUL2jZeu+l2p8Pbs10nvmoR7sgSMurTx2TGvcjF/6LOnjQXs2WiLFPkvWLNpHEPMKFF+"
    "CUrt6+2PdXG+KeawoRK2OwKBgQC8cVz/MJ5a4eltYR+A+s4ov+uzh0wVMGFnlQEmayZ7CCtFvJbOsvj0VVJW4kY9lqC5pL3+K+yR"
    "3qCwa+yq0pXr5WTP2qKXCg2jzeCS46zrRYAnnHSRK6XrpAJrWo/WIjE2IjpTiVYdp6WcpJLWg+Pob2DXwYXioSuubVRGRdUu7QKB"
    "gDbYpyK7r99w5qNpAe5A4id23XsFpCVo1z3qqrvjI0QCrRPf9xIC3i5PXXFf8UCEJi+a3fVEsQKI7MYHtfoXhI7TztjzuHfMrTPx"
    "0DaUwCockvZ7zL7RoMl8z7ozWbo4vEZiU1frKxjq+WFi4ilXf8cfJqFYpD4kIHtLr4RGkhLbAoGAFvofo8IS3PQE2WBpTfnG33Mf"
    "U0GhBkhi6BVkEYIpLAE//X3USZnK/0fUBWILvIC8UkaDIBXM/7BMmZZfQijxPNU4qJt5Db+dECcPRfna4MkVqj7Ke9T9ozDZVqux"
    "NCPxKi+cOwlY5b7GU8ZBXUSxqmrCPSyMnaiXQep0xyjGqLUCgYBGqMkfGrb4wigjEB8wLvXiL34bXq5FN4OsnPZ0dBRzw6e1RgHL"
    "XdbJwbc16G3w7t1OiYFZS1Z5YAul4xRfYorM3ByZsOK1CG0DgLCpyZs5lnD6zjMHys58aiToxlEU0AMb0+S1xMZk2ym2IcQk987G"
    "dXyzu9VZF/MA6AHmPVsjdA=="
)
"""TeleBirr's own private key; nobody but it has this one."""


@lru_cache(maxsize=8)
def private_key(text: str) -> RSAPrivateKey:
    """A private key from base64 of PKCS#8."""
    key = load_der_private_key(b64decode(text), password=None)
    assert isinstance(key, RSAPrivateKey), "TeleBirr signs with RSA"
    return key


def public_half(private: str) -> str:
    """The base64 of the public key that belongs to a private one."""
    half = private_key(private).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(half).decode()
