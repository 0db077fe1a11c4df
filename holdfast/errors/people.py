"""Who asks, and what they may not do."""

from dataclasses import dataclass

from holdfast.errors.problem import Line, Problem


@dataclass(eq=False)
class Unauthenticated(Problem):
    code, status, title = "unauthenticated", 401, "Say who you are"
    sentence = "{reason}."
    reason: str


@dataclass(eq=False)
class Forbidden(Problem):
    code, status, title = "forbidden", 403, "You may not do this"
    sentence = "The role {role} may not do {action}."
    role: str
    action: str


@dataclass(eq=False)
class PermissionMissing(Problem):
    code, status, title = "permission_missing", 403, "You lack the permission for this"
    sentence = "This ({action}) needs the permission {permission}, which you, or this key, do not have."
    permission: str
    action: str


@dataclass(eq=False)
class LoginRefused(Problem):
    code, status, title = "login_refused", 401, "That is not right"
    sentence = "The e-mail address, the password or the code is wrong."


@dataclass(eq=False)
class CodeNeeded(Problem):
    code, status, title = "code_needed", 401, "A second factor is needed"
    sentence = "Send the code of the authenticator, or a recovery code, as well."


@dataclass(eq=False)
class LoginDelayed(Problem):
    code, status, title = "login_delayed", 429, "Too many log-ins have failed"
    sentence = "Too many log-ins have failed. Try again in {seconds} seconds."
    seconds: int

    @property
    def wait_s(self) -> int:
        return self.seconds


@dataclass(eq=False)
class CsrfTokenInvalid(Problem):
    code, status, title = "csrf_token_invalid", 403, "The change does not come from the shop's own page"
    sentence = (
        "A change that is authenticated by the cookie needs the header X-CSRF-Token of the same session."
    )


@dataclass(eq=False)
class PasswordTooWeak(Problem):
    code, status, title = "password_too_weak", 422, "The password is too easy to guess"
    sentence = "The password is too easy to guess. {suggestions}"
    field: str
    suggestions: list[str]


@dataclass(eq=False)
class LinkInvalid(Problem):
    code, status, title = "link_invalid", 422, "The link does not work any more"
    sentence = "The link was used, has run out, or never was one. Ask for a new one."


@dataclass(eq=False)
class CodeInvalid(Problem):
    code, status, title = "code_invalid", 422, "The code does not fit"
    sentence = "The code is wrong, or was used before. Wait for the next one."


@dataclass(eq=False)
class SecondFactorOn(Problem):
    code, status, title = "second_factor_on", 409, "The second factor is on already"
    sentence = "Turn the second factor off before you set up another one."


@dataclass(eq=False)
class FieldForStaffOnly(Problem):
    code, status, title = "field_for_staff_only", 403, "Only staff may set this field"
    sentence = "{field} may only be set with a staff key."
    field: str


@dataclass(eq=False)
class ErasureRefused(Problem):
    code, status, title = "erasure_refused", 409, "Something of theirs is not over yet"
    sentence = "Nobody is erased while something of theirs is open."
    open: list[Line]
