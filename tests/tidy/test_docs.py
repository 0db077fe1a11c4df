"""What the documentation must not forget, and what the project must not tell."""

import pkgutil
import re
from functools import cache
from importlib import import_module
from typing import get_args

import pytest

from holdfast import errors
from holdfast.attention.matters import STEPS, Kind
from holdfast.errors.problem import Problem
from holdfast.jobs import Job
from holdfast.letters import About
from holdfast.order.order import Event as OrderEvent
from holdfast.payment.providers.offered import WIRED
from holdfast.sandbox.app import BANKS
from holdfast.sandbox.bank.bank import BANK_VERBS, BUYER_VERBS
from holdfast.sandbox.bank.faults import MAGIC_MINOR, DeclineCode, FaultKind, Operation
from tests.tidy.tree import PACKAGE, ROOT, name, texts

for _found in pkgutil.iter_modules(errors.__path__):
    import_module(f"holdfast.errors.{_found.name}")  # a kind is known once its module is

SETTING = re.compile(r"\b(?:text|number)\(\"([A-Z_]+)\"")
NOT_OF_A_PROCESS = {
    "HOLDFAST_API_KEY",
    "HOLDFAST_FULL",
    "HOLDFAST_SWARM_SEED",
    "HOLDFAST_TEST_URL",
}  # of `replay`, and of tests
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")

# Where this checkout lies, and homes of anybody, mean nothing to who reads the project elsewhere.
TRACES = re.compile(rf"{re.escape(str(ROOT))}/|/root/|/home/\w", re.IGNORECASE)
# A lock has names, versions and hashes; where they come from is each machine's own matter.
ADDRESS = re.compile(r"https?://|--(extra-)?index-url|--find-links")


@cache
def document(file: str) -> str:
    return (ROOT / "docs" / file).read_text("utf-8")


def test_operations_explain_every_setting_and_no_other() -> None:
    read = {f"HOLDFAST_{found}" for found in SETTING.findall((PACKAGE / "settings.py").read_text("utf-8"))}
    assert len(read) > 10
    for provider, (section, _) in WIRED.items():
        read |= {f"HOLDFAST_{provider}_{field}".upper() for field in section.__struct_fields__}
    assert set(re.findall(r"^\| `(HOLDFAST_\w+)`", document("operations.md"), re.MULTILINE)) == read


def test_no_text_speaks_of_a_setting_that_does_not_exist() -> None:
    known = set(re.findall(r"HOLDFAST_\w+", document("operations.md"))) | NOT_OF_A_PROCESS
    strangers = {
        f"{name(path)}: {found}"
        for path in texts()
        for found in re.findall(r"HOLDFAST_[A-Z_]*[A-Z]\b", path.read_text("utf-8"))
        if found.removesuffix("_FILE") not in known  # each may stand in a file
    }
    assert strangers == set()


def test_operations_explain_every_job_letter_and_matter_for_a_person() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", document("operations.md"), re.MULTILINE))
    assert {job.value for job in Job} - rows == set()
    assert {kind.value for kind in Kind} - rows == set()
    assert {about.value for about in About} - rows == set()


def test_the_stories_of_money_name_events_letters_and_steps_that_there_are() -> None:
    _, table, _ = re.split(r"<!-- /?money -->", document("story.md"))
    rows = [re.split(r" *\| *", line)[1:-1] for line in table.strip().splitlines()[2:]]
    assert len(rows) > 8
    for _, _, events, told, matter in rows:
        assert set(re.findall(r"`(\w+)`", events)) <= set(OrderEvent)
        assert set(re.findall(r"`(\w+)`", told)) <= set(About)
        if matter:
            kind, *steps = re.findall(r"`(\w+)`", matter)
            assert STEPS[Kind(kind)] == tuple(steps)


@pytest.mark.parametrize("kind", Problem.__subclasses__(), ids=lambda kind: kind.code)
def test_errors_explain_every_code(kind: type[Problem]) -> None:
    assert f"| `{kind.code}` | {kind.status} | {kind.title} |" in document("errors.md")


def test_links_inside_the_documentation_lead_somewhere() -> None:
    lost = [
        f"{name(path)}: {target}"
        for path in texts()
        if path.suffix == ".md"
        for target in LINK.findall(path.read_text("utf-8"))
        if not (path.parent / target).exists()
    ]
    assert lost == []


def test_no_text_tells_of_a_machine_or_of_how_it_was_made() -> None:
    told = [
        f"{name(path)}:{number}: {found[0]}"
        for path in texts()
        if path.name != "test_docs.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (found := TRACES.search(line))
    ]
    assert told == []


def test_the_locks_name_versions_and_hashes_and_no_address() -> None:
    locks = list((ROOT / "requirements").glob("*.lock"))
    assert len(locks) == 2
    assert [lock.name for lock in locks if ADDRESS.search(lock.read_text("utf-8"))] == []


def test_the_sandbox_explains_every_fault_and_every_verb() -> None:
    words = set(re.findall(r"`(\w+)`", document("sandbox.md")))
    faults = {kind for group in get_args(FaultKind) for kind in get_args(group) or (group,)}
    assert {*faults, *get_args(Operation), *get_args(DeclineCode), *BUYER_VERBS, *BANK_VERBS} - words == set()
    assert set(MAGIC_MINOR.values()) <= faults
    assert set(BANKS) - words == set()


def test_the_threat_model_names_files_that_exist() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    tried = set(re.findall(r"`(tests/[\w/.]+)`", text))
    keepers = {f"holdfast/{found}" for found in re.findall(r"`(web/[\w/]+\.py)`", text)}
    assert len(tried) > 10
    assert [path for path in sorted(tried | keepers) if not (ROOT / path).exists()] == []


def test_every_accepted_vulnerability_has_a_reason() -> None:
    lines = (ROOT / "requirements" / "accepted.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if line.strip() and not re.match(r"(\S+ +)?# \S", line)] == []
