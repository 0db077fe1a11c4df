"""Rules of the house that a linter does not know: names, numbers, SQL, imports."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.tidy.tree import PACKAGE, at, name, nodes, parsed, python_files

BANNED = {
    "utils",
    "helpers",
    "common",
    "misc",
    "base",
    "manager",
    "service",
    "core",
    "lib",
    "models",
    "types",
}

# Seconds may be fractions; money is never near these.
SECONDS = (
    "bench/",
    "cli/",
    "db/",
    "sandbox/",
    "clock.py",
    "work.py",
    "web/guard/windows.py",
    "replay/bring_back.py",
    "replay/outcomes.py",
    "replay/play.py",
    "replay/report.py",
    "replay/send.py",
)

SQL = re.compile(
    r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER|DROP|TRUNCATE|LISTEN|NOTIFY|SET)\s"
)
SQL_IN_PYTHON = {
    "holdfast/db/transaction.py": "asks for the time before any twin file can be called",
    "holdfast/db/together.py": "puts statements of twin files into one",
}


def test_no_module_has_a_name_that_fits_everything() -> None:
    entries = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".sql", "")]
    assert [name(path) for path in entries if path.stem.strip("_") in BANNED] == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        name(path)
        for path in python_files()
        if path.read_text("utf-8").strip() and ast.get_docstring(parsed(path)) is None
    ]
    assert silent == []


def test_no_float_comes_near_money() -> None:
    found = [
        at(path, node)
        for path, node in nodes()
        if not path.relative_to(PACKAGE).as_posix().startswith(SECONDS) and _is_float(node)
    ]
    assert found == []


def test_sql_stands_in_twin_files_only() -> None:
    found = {
        name(path)
        for path, node in nodes()
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    }
    assert found == set(SQL_IN_PYTHON)


def test_every_statement_has_a_sentence_about_its_shape() -> None:
    silent = []
    for path in PACKAGE.rglob("*.sql"):
        lines = path.read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            if line.startswith("-- name: ") and not re.match(r"-- \S.*", _line(lines, number + 1)):
                silent.append(f"{name(path)}:{number + 1}")
    assert silent == []


def test_imports_stand_at_the_top_and_mean_what_they_say() -> None:
    hidden = [
        at(path, node) for path, node in nodes() if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"
    ]
    inside = [
        at(path, inner)
        for path, node in nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    reexported = [at(path, node) for path, node in _imports_of_packages()]
    assert (hidden, inside, reexported) == ([], [], [])


def test_only_the_settings_read_the_environment() -> None:
    allowed = {
        "holdfast/settings.py": "reads it",
        "holdfast/cli/crew.py": "hands it on to the processes it starts",
        "holdfast/cli/run.py": "hands it on to Granian's workers",
        "holdfast/db/embedded_home.py": "hands a part of it on to PostgreSQL",
        "holdfast/db/migrate.py": "hands it on to dbmate",
    }
    readers = {
        name(path)
        for path, node in nodes()
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    }
    assert readers == set(allowed)


def _is_float(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=float()) | ast.Name(id="float"):
            return True
        case ast.BinOp(op=ast.Div(), left=left, right=right):  # of a path it makes another path
            return not any(
                isinstance(side, ast.Constant) and isinstance(side.value, str) for side in (left, right)
            )
        case _:
            return False


def _imports_of_packages() -> Iterator[tuple[Path, ast.AST]]:
    for path, node in nodes():
        if path.name == "__init__.py" and isinstance(node, ast.Import | ast.ImportFrom):
            yield path, node


def _line(lines: list[str], number: int) -> str:
    return lines[number] if number < len(lines) else ""
