"""CSV as spreadsheets and people write it: separators found, columns told apart, and every doubt said in one line."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ftdojo.errors import SourceError
from ftdojo.sources import read_rows


def rows(path):
    return [row for _, row in read_rows(path)]


def refusal(path):
    with pytest.raises(SourceError) as refused:
        rows(path)
    told = str(refused.value)
    assert "\n" not in told
    return told.removeprefix(f"{path}, ")


READ = {
    "comma": ("q,a\n1,2\n", ["1", "2"]),
    "semicolon and BOM": ("\ufeffq;a\r\n1;2\r\n", ["1", "2"]),
    "two BOMs": ("\ufeff\ufeffq,a\n1,2\n", ["1", "2"]),
    "tab": ("q\ta\n1, x\t2\n", ["1, x", "2"]),
    "bar": ("q|a\n1|2\n", ["1", "2"]),
    "decimal commas": ("q;a\n1,5;2,5\n", ["1,5", "2,5"]),
    "commas in text": ("q;a\nWell, no;yes, sir\n", ["Well, no", "yes, sir"]),
    "named": ("\ufeffsep=;\r\nq;a\r\n1;2\r\n", ["1", "2"]),
    "named otherwise": ('"sep=,"\nq,a\n1;x,2\n', ["1;x", "2"]),
    "quoted header": ('"q";"a"\n"x; y";"a\nb"\n', ["x; y", "a\nb"]),
    "blanks in the header": (' q , a \n1, "b, c"\n', ["1", "b, c"]),
    "blanks before quotes": ('q,a\n"1", "b, ""c"""\n', ["1", 'b, "c"']),
    "blanks in every row": ("q,a\n1, x\n1, x\n1, x\n", ["1", "x"]),
    "a blank in one row": ("q,a\n1, x\n", ["1", " x"]),
    "empty columns": ("q;a;;;\n;;;;\n1;2;;;\n\n", ["1", "2"]),
    "empty cells at the end": ("q,a\n1,2,,,\n", ["1", "2"]),
    "blank lines": ("\n \nq,a\n  \n\n1,2\n", ["1", "2"]),
    "doubled, first filled": ("q,a,a\n1,2,\n", ["1", "2"]),
    "doubled, last filled": ("q,a, a\n1,,2\n", ["1", "2"]),
    "doubled, none filled": ("q,a,a\n1,,\n", ["1", ""]),
    "old Mac": ('q,a\r1,"x\ry"\r', ["1", "x\ry"]),
    "no last line end": ("q,a\n1,2", ["1", "2"]),
}


@pytest.mark.parametrize("text", READ)
@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv"])
def test_a_table_is_read_however_it_is_written(write, text, name):
    data, cells = READ[text]
    found = rows(write(name, data.encode()))
    assert found[-1] == dict(zip("qa", cells, strict=True))
    assert all(row == found[-1] for row in found)


@pytest.mark.parametrize("text", ["", "\n\n", "q,a\n", "q", "sep=;\n", "\ufeff", ";;\n"])
def test_a_file_without_rows_has_none(write, text):
    assert rows(write("rows.csv", text.encode())) == []


def test_one_column_is_a_table(write):
    path = write("rows.csv", b'text\nhello\n"a, b"\nc; d\n')
    assert rows(path) == [{"text": "hello"}, {"text": "a, b"}, {"text": "c; d"}]
    assert rows(write("rows.csv", b"text\nhello\nwell, no\n"))[1] == {"text": "well, no"}


def test_the_index_that_pandas_writes_is_a_column_without_a_name(write):
    assert rows(write("rows.csv", b",q\n0,x\n")) == [{"": "0", "q": "x"}]


REFUSED = {
    "few": ("q,a\n1,2\n1\n", "line 3, has 1 cells where the header has 2 (cells are cut at ','"),
    "many": (
        "q;a\n1;2\n1;2;;3\n",
        "line 3, has 4 cells where the header has 2 (cells are cut at ';'",
    ),
    "title": (
        "My rows\nq;a\n1;2\n",
        "line 2, has 2 cells where the header has 1 (cells are cut at ';'",
    ),
    "index": ("text\na,b\n", "line 2, has 2 cells where the header has 1 (cells are cut at ','"),
    "unnamed": ("q,a,\n1,2,x\n", "line 2, has 'x' in column 3, which has no name in the header;"),
    "doubled": (
        "q,a,a\n1,x,\n2,,y\n",
        "line 3, cannot be read: the columns 2 and 3 are both called 'a' and both filled; rename",
    ),
    "doubtful": (
        "a,b;c\n1,2;3\n",
        "line 1, may be cut at ',' or ';', and every row fits both; name",
    ),
    "quote": ('q,a\n"x"y,1\n', "line 2, is not CSV (',' expected after '\"'); fix or drop it."),
    "NUL": (
        "q,a\n1\0,2\n",
        "line 2, holds a NUL byte at column 2; delete it, or convert a file in",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_doubtful_is_refused_with_its_line(write, name):
    data, told = REFUSED[name]
    assert refusal(write("rows.csv", data.encode())).startswith(told)


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "cp1252", "latin-1"])
def test_other_encodings_say_how_to_convert(write, charset):
    assert "iconv -t utf-8 -f " in refusal(write("rows.csv", "q,a\nné,1\n".encode(charset)))


def test_a_row_that_fits_only_one_separator_settles_a_doubt(write):
    path = write("rows.csv", b'a,b;c\n1,2;3\n"1;1",2;3\n4,5;6\n')
    assert rows(path)[1] == {"a": "1;1", "b;c": "2;3"}


def test_a_line_that_names_the_separator_settles_a_doubt(write):
    assert rows(write("rows.csv", b"sep=;\na,b;c\n1,2;3\n")) == [{"a,b": "1,2", "c": "3"}]


def test_a_quotation_mark_that_nothing_closes_does_not_swallow_the_file(write):
    path = write("rows.csv", b'q,a\n"' + b"x,y\n" * 3_000_000)
    assert refusal(path).startswith("line 2, is longer than the 8 MB that a row may have, or opens")


def test_a_long_table_takes_little_memory(write):
    path = write("rows.csv", b"q;a\n" + b'"x, y";"%s"\n' % (b"z" * 1000) * 20_000)
    tracemalloc.start()
    count = sum(1 for _ in read_rows(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 3_000_000


CELLS = st.text(st.sampled_from("ab,;|\t\"' \n\r\u2028é="), max_size=6)
TABLES = st.integers(2, 4).flatmap(
    lambda wide: st.lists(st.lists(CELLS, min_size=wide, max_size=wide), min_size=1, max_size=8)
)


@settings(max_examples=300, deadline=None)
@example([["", "\r"], ["", " ;"], [";", ""], [";", ""]], ",", csv.QUOTE_MINIMAL, "rows.csv")
@given(
    TABLES,
    st.sampled_from(",;\t|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["rows.csv", "rows.tsv"]),
)
def test_what_is_written_as_csv_is_read_back(tmp_path_factory, table, delimiter, quoting, name):
    cells = [cell for row in table if "".join(row).strip() for cell in row[1:] if cell]
    assume(len(cells) < 3 or not all(cell.startswith(" ") for cell in cells))
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=delimiter, quoting=quoting)
    names = ["question", "answer", "source", "note"][: len(table[0])]
    writer.writerows([names, *table])
    path = tmp_path_factory.mktemp("tables") / name
    path.write_bytes(made.getvalue().encode())
    assert rows(path) == [dict(zip(names, row, strict=True)) for row in table if any(row)]
