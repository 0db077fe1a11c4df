"""A file that is read in one go, a function that is seen at once, a folder that is overseen."""

import ast

from tests.tidy.tree import PACKAGE, ROOT, VENDORED, at, name, nodes, python_files

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
FOLDER_ENTRIES_MAX = 12

# The package itself is the table of contents of the whole story, from the shelf to the refund; and what has
# happened to the schema is only ever added to.
LARGE_FOLDERS = {"holdfast", "holdfast/db/migrations"}


def test_no_file_is_longer_than_can_be_read_in_one_go() -> None:
    files = [*PACKAGE.rglob("*.sql"), *python_files(PACKAGE), *python_files(ROOT / "tests")]
    lines = {name(file): len(file.read_text("utf-8").splitlines()) for file in files}
    del lines["holdfast/db/schema.sql"]  # pg_dump writes it
    assert {file: count for file, count in lines.items() if count > FILE_LINES_MAX} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {}
    for folder in (PACKAGE, ROOT / "tests"):
        for path, node in nodes(folder):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    long[at(path, node)] = lines
    assert long == {}


def test_no_folder_has_more_entries_than_can_be_overseen() -> None:
    crowded = {}
    for folder in [PACKAGE, *(path for path in PACKAGE.rglob("*") if path.is_dir())]:
        if folder.name == "__pycache__" or VENDORED in (folder, *folder.parents):
            continue
        # A module and what lies beside it under the same name are one.
        entries = {file.stem for file in folder.iterdir() if not file.stem.startswith("__")}
        if len(entries) > FOLDER_ENTRIES_MAX and name(folder) not in LARGE_FOLDERS:
            crowded[name(folder)] = len(entries)
    assert crowded == {}
