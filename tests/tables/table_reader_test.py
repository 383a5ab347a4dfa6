"""Tables in every form: one set of rules, and the same cells."""

import gzip
import json
import logging
import sys

import pyarrow
import pyarrow.parquet
import pytest

from bert_tf.tables import table_form, table_reader

COLUMNS = ("text", "label")


def read(path, data, columns=COLUMNS, has_header=True, **form):
  if data is not None:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
  form = table_form.TableForm(**form)
  return list(table_reader.rows(str(path), columns, form, has_header))


def cells(path, data, columns=COLUMNS, **form):
  """The cells of rows that must all be good."""
  found = read(path, data, columns, **form)
  assert [row.problem for row in found] == [None] * len(found)
  return [row.cells for row in found]


def problems(path, data, columns=COLUMNS, **form):
  """Places and problems of those rows that have one."""
  return [
    f"{table_reader.place(str(path), row.number)}: {row.problem}"
    for row in read(path, data, columns, **form)
    if row.problem
  ]


WANTED = [("ein Reiher, spät", "birds"), ('"so" he said', "talk")]
FORMS = {
  "a.tsv": 'label\ttext\nbirds\tein Reiher, spät\ntalk\t"so" he said\n',
  "a.csv": 'text,label\n"ein Reiher, spät",birds\n"""so"" he said",talk\n',
  "a.jsonl": '{"text": "ein Reiher, spät", "label": "birds", "more": [1]}\n'
  '{"label": "talk", "text": "\\"so\\" he said"}\n',
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("zipped", [False, True])
def test_text_forms(tmp_path, name, zipped):
  data = FORMS[name].encode()
  if zipped:
    data, name = gzip.compress(data), f"{name}.gz"
  assert cells(tmp_path / name, data) == WANTED


def columns_of(rows):
  return dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))


def write_parquet(path, columns):
  pyarrow.parquet.write_table(pyarrow.table(columns), path)


def test_parquet(tmp_path):
  write_parquet(tmp_path / "a.parquet", columns_of(WANTED))
  assert cells(tmp_path / "a.parquet", None) == WANTED


def save_dataset(folder, table, features=None, parts=2):
  """Writes what `datasets.Dataset.save_to_disk` does."""
  folder.mkdir(parents=True)
  names = []
  for index in range(parts):
    names.append(f"data-{index:05}-of-{parts:05}.arrow")
    part = table.slice(index * 1, 1 if index + 1 < parts else len(table))
    with pyarrow.ipc.new_stream(
      str(folder / names[-1]), table.schema
    ) as writer:
      writer.write_table(part)
  state = {"_data_files": [{"filename": name} for name in names]}
  (folder / "state.json").write_text(json.dumps(state))
  info = {"features": features or {}}
  (folder / "dataset_info.json").write_text(json.dumps(info))


def test_a_dataset_saved_on_disk(tmp_path):
  table = pyarrow.table({"text": [x for x, _ in WANTED], "label": [1, 0]})
  names = {"names": ["talk", "birds"], "_type": "ClassLabel"}
  save_dataset(tmp_path / "train", table, {"label": names})
  assert cells(tmp_path / "train", None) == WANTED
  save_dataset(tmp_path / "plain", table)
  assert [x for _, x in cells(tmp_path / "plain", None)] == ["1", "0"]


def test_lists_of_classes(tmp_path):
  table = pyarrow.table({"text": ["a"], "label": [[1, 0]]})
  item = {"names": ["x", "y"], "_type": "ClassLabel"}
  features = {"label": {"feature": item, "_type": "Sequence"}}
  save_dataset(tmp_path / "train", table, features, parts=1)
  assert cells(tmp_path / "train", None, list_separator=",") == [("a", "y,x")]


def test_class_names_of_parquet_that_datasets_wrote(tmp_path):
  table = pyarrow.table({"text": ["a", "b"], "label": [0, -1]})
  info = {"features": {"label": {"names": ["x"], "_type": "ClassLabel"}}}
  table = table.replace_schema_metadata(
    {"huggingface": json.dumps({"info": info})}
  )
  pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
  assert cells(tmp_path / "a.parquet", None) == [("a", "x"), ("b", "")]


def test_numbers_read_as_they_are_written(tmp_path):
  columns = ("a", "b", "c")
  wanted = [("3.80", "7", "true"), ("1e3", "", "false")]
  text = '{"a": 3.80, "b": 7, "c": true}\n{"a": 1e3, "b": null, "c": false}\n'
  assert cells(tmp_path / "a.jsonl", text, columns) == wanted
  table = pyarrow.table({"a": [3.8, None], "b": [7, 8], "c": [True, False]})
  pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
  assert cells(tmp_path / "a.parquet", None, columns) == [
    ("3.8", "7", "true"),
    ("", "8", "false"),
  ]


def test_lists_are_cells_of_several_labels(tmp_path):
  text = '{"text": "a", "label": ["x", "y"]}\n{"text": "b", "label": []}\n'
  path = tmp_path / "a.jsonl"
  assert cells(path, text, list_separator="|") == [("a", "x|y"), ("b", "")]
  write_parquet(
    tmp_path / "a.parquet", {"text": ["a", "b"], "label": [["x", "y"], []]}
  )
  assert cells(tmp_path / "a.parquet", None, list_separator="|") == [
    ("a", "x|y"),
    ("b", ""),
  ]
  assert problems(path, text) == [
    f"{path}:{line}: the column 'label' holds a list, expected a text or a "
    "number" for line in (1, 2)
  ]  # fmt: skip
  (problem,) = problems(path, text.split("\n")[0], list_separator="x")
  assert "'x' holds the separator 'x'" in problem


BOMS = ["utf-8-sig", "utf-16", "utf-32"]


@pytest.mark.parametrize("encoding", BOMS)
def test_a_byte_order_mark_names_the_encoding(tmp_path, caplog, encoding):
  with caplog.at_level(logging.INFO, logger="absl"):
    for name in ("a.tsv", "a.csv", "a.jsonl"):
      assert cells(tmp_path / name, FORMS[name].encode(encoding)) == WANTED
  expected = "a byte order mark" if encoding == BOMS[0] else f"as {encoding}"
  assert caplog.text.count(expected) == 3


def test_an_encoding_named(tmp_path):
  path = tmp_path / "a.csv"
  data = "text,label\n한국어,x\n".encode("cp949")
  assert cells(path, data, encoding="cp949") == [("한국어", "x")]
  (problem,) = problems(path, data)
  assert f"{path}:2: byte 1 of the line, 0xc7, is not UTF-8" in problem
  assert "--encoding" in problem
  data = "text,label\n한국어,x\n".encode("utf-16-le")
  assert cells(path, data, encoding="UTF-16LE") == [("한국어", "x")]
  with pytest.raises(ValueError, match="--encoding=utf-16-le"):
    read(path, data)
  with pytest.raises(ValueError, match="--encoding=utf-16-be"):
    read(path, "text,label\na,x\n".encode("utf-16-be"))
  with pytest.raises(ValueError, match="says utf-16, and encoding=cp949"):
    read(path, "text,label\n".encode("utf-16"), encoding="cp949")
  with pytest.raises(ValueError, match="encoding='klingon' is not known"):
    table_form.TableForm(encoding="klingon")
  with pytest.raises(ValueError, match="encoding='base64' is not known"):
    table_form.TableForm(encoding="base64")


def test_carriage_returns_have_one_rule(tmp_path):
  for name in ("a.tsv", "a.csv", "a.jsonl"):
    data = FORMS[name].replace("\n", "\r\n")
    assert cells(tmp_path / name, data) == WANTED
  for name, data in {
    "b.tsv": "text\tlabel\na\rb\tx\n",
    "b.csv": 'text,label\n"a\rb",x\n',
  }.items():
    (problem,) = problems(tmp_path / name, data)
    assert ":2: a carriage return within the line" in problem
  (row,) = cells(tmp_path / "c.csv", 'text,label\r\n"a\r\nb",x\r\n')
  assert row == ("a\nb", "x")


def test_blank_lines(tmp_path):
  """At the end they are no rows; else each is one that is wrong.

  A line of separators alone is a row anywhere.
  """
  for name, text in FORMS.items():
    assert cells(tmp_path / name, text + "\n  \n\n") == WANTED
    first, rest = text.split("\n", 1)
    (problem,) = problems(tmp_path / name, f"{first}\n\n{rest}")
    assert problem.endswith(
      "a." + name[2:] + ":2: the line is empty; remove it"
    )
  for name, separators in (("x.tsv", "\t"), ("x.csv", ",")):
    text = FORMS[f"a{name[1:]}"] + f"{separators}\n"
    assert cells(tmp_path / name, text) == [*WANTED, ("", "")]


def test_quotes(tmp_path, caplog):
  text = 'text\tlabel\n"a ""b"""\tx\n'
  path = tmp_path / "a.tsv"
  assert cells(path, text) == [('"a ""b"""', "x")]
  assert "begins and ends with a quotation mark" in caplog.text
  assert "--quoting=standard" in caplog.text
  assert cells(path, text, quoting="standard") == [('a "b"', "x")]
  text = 'text,label\n"a,x\n'
  assert cells(tmp_path / "a.csv", text, quoting="none") == [('"a', "x")]
  (problem,) = problems(tmp_path / "a.csv", text)
  assert "a.csv:2: a quotation mark opens here and is not closed" in problem
  (problem,) = problems(tmp_path / "a.csv", 'text,label\n"a"b,x\n')
  assert "a.csv:2: text follows a closing quotation mark" in problem
  with pytest.raises(ValueError, match="quoting='both' is not known"):
    table_form.TableForm(quoting="both")


@pytest.mark.parametrize("text", ['"a,x', 'a,"x', '"a\nb"c,d'])
def test_a_row_of_wrong_quotes_that_takes_others_along(tmp_path, text):
  """Not one of the rows after it can be trusted: it is no bad line to skip."""
  rest = "\n".join(["b,x", '"c\nd",y', "e,z"])
  with pytest.raises(ValueError, match=r"a.csv:3: .*cannot be skipped"):
    read(tmp_path / "a.csv", f"text,label\nf,w\n{text}\n{rest}\n")


def test_a_row_of_wrong_quotes_on_one_line(tmp_path):
  text = 'text,label\n"a"b,x\nb,x\nc,"y\n'
  bad, good, last = read(tmp_path / "a.csv", text)
  assert (bad.number, good.cells, last.number) == (2, ("b", "x"), 4)
  assert "text follows a closing quotation mark" in bad.problem
  assert "is not closed" in last.problem


def test_lines_are_counted_through_quoted_line_breaks(tmp_path):
  text = 'text,label\n"a\nb\nc",x\nd\ne,y\n'
  found = read(tmp_path / "a.csv", text)
  assert [(row.number, row.problem is None) for row in found] == [
    (2, True),
    (5, False),
    (6, True),
  ]


def test_a_bad_line_within_a_quoted_cell_is_the_row_s(tmp_path):
  data = b'text,label\n"a\nb\xff\nc",x\nd,y\n'
  bad, good = read(tmp_path / "a.csv", data)
  assert (bad.number, good.cells) == (2, ("d", "y"))
  assert "byte 2 of the line, 0xff" in bad.problem


def test_long_cells(tmp_path):
  long = "a" * 300_000
  assert cells(tmp_path / "a.csv", f'text,label\n"{long}",x\n')[0][0] == long


@pytest.mark.parametrize(
  "name, text, message",
  [
    ("a.tsv", "sentence\tlabel\na\tx\n", "a.tsv:1: no column named 'text' in "
     "the header (found: 'sentence', 'label')"),
    ("a.tsv", "text\ttext\tlabel\n", "a.tsv:1: two columns named 'text'"),
    ("a.tsv", "", "a.tsv:1: no column named 'text'"),
    ("a.tsv", "Text\tlabel\n", "did you mean 'Text'?"),
    ("a.csv", "text;label\na;x\n", "a.csv:1: no column named 'text'"),
    ("a.jsonl", '[{"text": "a"}]', "a list, expected one object a line"),
    ("a.parquet", "text\n", "a.parquet: not a Parquet file"),
    ("a.xlsx", "PK", "a.xlsx: expected a name that ends in .tsv, "),
  ],
)  # fmt: skip
def test_files_that_are_refused(tmp_path, name, text, message):
  with pytest.raises(ValueError) as error:
    read(tmp_path / name, text)
  assert message in str(error.value)


@pytest.mark.parametrize(
  "name, text, message",
  [
    ("a.tsv", "text\tlabel\na\tb\tx\n", ":2: found 3 columns, the header "
     "names 2; is a tab missing, or one too many?"),
    ("a.csv", "text,label\na, b,x\n", ":2: found 3 columns, the header names "
     "2; is a comma missing, or one too many? A cell that holds one stands in "
     "quotation marks"),
    ("a.jsonl", '{"text": "a"}', ":1: no 'label' in the object (found: "
     "'text')"),
    ("a.jsonl", '{"text": "a", "label": {"x": 1}}', ":1: the column 'label' "
     "holds an object"),
    ("a.jsonl", '{"text": "a", "text": "b", "label": 1}', ":1: 'text' stands "
     "twice in the object"),
    ("a.jsonl", '{"text": "a", "label": NaN}', ":1: not JSON"),
    ("a.jsonl", '{"text": "a"', ":1: not JSON"),
    ("a.jsonl", '{"text": "\\ud800", "label": 1}', ":1: the column 'text' "
     "holds '\\ud800', half of a surrogate pair"),
    ("a.jsonl", '"text"', ":1: a text, expected an object"),
  ],
)  # fmt: skip
def test_rows_that_are_wrong(tmp_path, name, text, message):
  (problem,) = problems(tmp_path / name, text)
  assert problem.startswith(f"{tmp_path / name}{message}")


def test_columns_of_arrow_that_are_wrong(tmp_path):
  path = tmp_path / "a.parquet"
  write_parquet(path, {"text": ["a"], "label": [{"x": 1}]})
  (problem,) = problems(path, None)
  assert problem == (
    f"{path}, row 1: the column 'label' holds an object, expected a text or a "
    "number"
  )
  with pytest.raises(ValueError, match=r"parquet: no column named 'says' \(fo"):
    read(path, None, ("says",))


@pytest.mark.parametrize("name", ["a.parquet", "train"])
def test_damaged_bytes_are_read_or_refused_by_name(tmp_path, name):
  """Without checksums, not all damage can be told."""
  write_parquet(tmp_path / "a.parquet", columns_of(WANTED))
  table = pyarrow.table(columns_of(WANTED))
  save_dataset(tmp_path / "train", table, parts=1)
  path = tmp_path / name
  path = next(path.glob("*.arrow")) if path.is_dir() else path
  good = path.read_bytes()
  refused = 0
  for place in range(0, len(good), 3):
    bad = bytearray(good)
    bad[place] ^= 0xFF
    path.write_bytes(bad)
    try:
      read(tmp_path / name, None)
    except ValueError as error:
      assert str(error).startswith(str(tmp_path / name)), place
      refused += 1
  assert refused > 20
  path.write_bytes(good[: len(good) // 2])
  with pytest.raises(ValueError, match=name):
    read(tmp_path / name, None)


def test_columns_by_number(tmp_path):
  path = tmp_path / "a.tsv"
  found = read(path, "a\tb\tc\nd\te\n", (2, 0, -1), has_header=False)
  assert found[0].cells == ("c", "a", "c")
  assert found[1].problem == "found 2 columns, expected at least 3"


def test_without_pyarrow_the_error_says_what_to_install(tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, "pyarrow", None)
  (tmp_path / "a.parquet").write_bytes(b"PAR1")
  with pytest.raises(ImportError, match=r"pip install 'bert_tf\[tables\]'"):
    read(tmp_path / "a.parquet", None)
