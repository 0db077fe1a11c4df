"""A statement is taken apart into its WITH list and what it does, so that several can be put together."""

import pytest

from holdfast.db.together import split


@pytest.mark.parametrize(
    ("text", "before", "main"),
    [
        ("-- why: (a, b\nSELECT 1;", "", "-- why: (a, b\nSELECT 1"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "a AS (SELECT 1)", "SELECT * FROM a"),
        (
            "-- WITH\nWITH a AS (\n INSERT INTO t SELECT f(g()) RETURNING\n), b AS (TABLE u)\nDELETE FROM t",
            "a AS (\n INSERT INTO t SELECT f(g()) RETURNING\n), b AS (TABLE u)",
            "DELETE FROM t",
        ),
        (
            "WITH a(x, y) AS (SELECT ')', '(it''s)') -- ) a remark (\nSELECT x FROM a",
            "a(x, y) AS (SELECT ')', '(it''s)')",
            "-- ) a remark (\nSELECT x FROM a",
        ),
    ],
)
def test_the_list_and_the_rest_are_found_whatever_stands_in_texts_and_remarks(
    text: str, before: str, main: str
) -> None:
    assert split(text) == (before, main)


def test_a_list_that_nothing_follows_is_refused() -> None:
    with pytest.raises(ValueError, match="followed by a statement"):
        split("WITH a AS (SELECT 1)")
