"""The files that the house rules are about, each read and parsed once."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "holdfast"
VENDORED = PACKAGE / "web" / "static"
NOT_OURS = {"__pycache__", "build", "dist"}
TEXTS = {".py", ".sql", ".md", ".toml", ".in", ".html", ".css", ".json", ".yml", ".yaml", ".txt", ""}


@cache
def python_files(folder: Path = PACKAGE) -> tuple[Path, ...]:
    return tuple(sorted(folder.rglob("*.py")))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def nodes(folder: Path = PACKAGE) -> Iterator[tuple[Path, ast.AST]]:
    """Every node of every file with the file it stands in."""
    for path in python_files(folder):
        for node in ast.walk(parsed(path)):
            yield path, node


def texts() -> Iterator[Path]:
    """Every text of the project, without what was vendored, made, or belongs to tools."""
    for folder, below, files in os.walk(ROOT):  # never into data of tests that run beside this one
        below[:] = sorted(part for part in below if part == ".ci" or not _is_foreign(part))
        for path in sorted(Path(folder) / file for file in files):
            if path.suffix in TEXTS and VENDORED not in path.parents:
                yield path


def _is_foreign(part: str) -> bool:
    return part in NOT_OURS or part.startswith(".")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def at(path: Path, node: ast.AST) -> str:
    """Where something stands, as an editor opens it."""
    return f"{name(path)}:{getattr(node, 'lineno', 1)}"
