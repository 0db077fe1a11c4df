"""Parameters are found where SQL has them, and nowhere else."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.db.queries import numbered, statements

names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
anything = st.text(max_size=30)
code = st.sampled_from(["SELECT ", " + ", "\n", "(", ") ", ", ", " = ANY(", "a.b", " * ", "[1:2]"])


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def line_comment(text: str) -> str:
    return "-- " + text.replace("\n", " ") + "\n"


def block_comment(text: str) -> str:
    return "/* " + text.replace("*", "").replace("/", "") + " */"


def dollar_quoted(text: str) -> str:
    return f"$q${text.replace('$', '')}$q$"


silent = st.one_of(
    code,
    anything.map(quoted),
    anything.map(identifier),
    anything.map(line_comment),
    anything.map(block_comment),
    anything.map(dollar_quoted),
    names.map(lambda name: f"x::{name} "),
)
parameters = names.map(lambda name: f":{name} ")


@given(st.lists(silent))
def test_strings_comments_casts_and_dollar_quotes_are_left_alone(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert numbered(text) == (text, ())


@given(st.lists(st.one_of(silent, parameters)))
def test_every_parameter_gets_a_number_in_the_order_of_its_first_use(pieces: list[str]) -> None:
    wanted: list[str] = []
    expected = []
    for piece in pieces:
        if piece.startswith(":"):
            name = piece[1:].strip()
            if name not in wanted:
                wanted.append(name)
            expected.append(f"${wanted.index(name) + 1} ")
        else:
            expected.append(piece)
    assert numbered(" ".join(pieces)) == (" ".join(expected), tuple(wanted))


@given(names)
def test_a_parameter_may_be_cast(name: str) -> None:
    assert numbered(f"SELECT :{name}::text[], '{name}'::text") == (
        f"SELECT $1::text[], '{name}'::text",
        (name,),
    )


bodies = st.text(st.characters(exclude_characters="-", exclude_categories=["Cs", "Cc"])).map(str.strip)


@given(st.lists(st.tuples(names, bodies), unique_by=lambda pair: pair[0]), bodies)
def test_a_twin_file_is_split_at_its_headings(pairs: list[tuple[str, str]], preface: str) -> None:
    text = preface + "\n" + "".join(f"-- name: {name}\n{body}\n\n" for name, body in pairs)
    assert list(statements(text)) == pairs
