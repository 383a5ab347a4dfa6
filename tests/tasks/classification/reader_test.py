"""Reading tab-separated files, good and bad."""

import csv
import io
import logging
import random

import pytest

from bert_tf.tables import delimited_rows, text_encoding
from bert_tf.tasks.classification import known_tasks, reader, task_definition

MRPC_HEADER = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"


def read(folder, task, text, split="train", file="train.tsv", **settings):
  """Reads `text` as a file of a task: (line, text, pair, label) of each."""
  data = text if isinstance(text, bytes) else text.encode()
  path = folder / file
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_bytes(data)
  if isinstance(task, str):
    task = known_tasks.find(task)
  found = reader.read(task, getattr(task, split), str(folder), **settings)
  assert found.path == str(path)
  return [tuple(example) for example in found.examples]


def tsv(labels=(), kind=task_definition.SINGLE_LABEL, pair=None):
  return known_tasks.tsv("text", pair, "label", kind, labels)


def test_quotation_marks_are_characters(tmp_path):
  text = MRPC_HEADER + '1\ta\tb\t"The pie, he said.\tsaid ""so""\n'
  assert read(tmp_path, "mrpc", text) == [
    (2, '"The pie, he said.', 'said ""so""', "1")
  ]


def test_lines_and_cells_are_those_of_the_original_s_reader(tmp_path):
  rng = random.Random(7)
  for _ in range(200):
    pieces = [
      '"',
      "'",
      "\t",
      "a",
      " ",
      "\\",
      "\u2028",
      "\x0b",
      "\x0c",
      "é",
      ",",
    ]
    lines = [
      "".join(rng.choices(pieces, k=rng.randint(1, 12))) for _ in range(4)
    ]
    ending = rng.choice(["\n", "\r\n"])
    text = ending.join(lines) + rng.choice(["", ending])
    path = tmp_path / "x.tsv"
    path.write_bytes(text.encode())
    original = csv.reader(
      io.StringIO(text, newline=""), delimiter="\t", quotechar=None
    )
    lines = text_encoding.read_lines(str(path))
    found = delimited_rows.split(lines, "\t", is_quoted=False)
    assert [cells for _, cells, _ in found] == list(original)


def test_byte_order_mark_and_crlf(tmp_path):
  text = "\ufefftext\tlabel\r\nfirst\tx\r\nsecond\ty\r\n"
  assert read(tmp_path, tsv(), text) == [
    (2, "first", None, "x"),
    (3, "second", None, "y"),
  ]


def test_columns_by_name_in_any_order(tmp_path):
  text = "id\tlabel\tb\ttext\n7\ty\tother\tone\n"
  assert read(tmp_path, tsv(pair="b"), text) == [(2, "one", "other", "y")]


def test_only_lines_of_the_language(tmp_path):
  line = "{}\t{}\t\t\t\t\t{}\t{}\t1\n"
  text = (
    "language\tgold_label\n"
    + line.format("en", "neutral", "a", "b")
    + line.format("zh", "contradiction", "c", "d")
  )
  assert read(tmp_path, "xnli", text, "dev", "xnli.dev.tsv") == [
    (3, "c", "d", "contradiction")
  ]
  with pytest.raises(ValueError, match="no example in it with 'zh' in column"):
    read(tmp_path, "xnli", text.split("zh")[0], "dev", "xnli.dev.tsv")


@pytest.mark.parametrize(
  "task, text, message",
  [
    ("mrpc", MRPC_HEADER + "1\ta\tb\tc\td\n1\ta\tb\tc\n", r":3: found 4 columns"
     ", expected at least 5; is this a file of the task mrpc"),
    ("mrpc", MRPC_HEADER + "\n1\ta\tb\tc\td\n", ":2: the line is empty"),
    ("mrpc", MRPC_HEADER + "2\ta\tb\tc\td\n",
     ":2: the label '2' is none of '0', '1'"),
    ("mrpc", MRPC_HEADER + "1\ta\tb\tc\rx\td\n", ":2: a carriage return"),
    ("mrpc", MRPC_HEADER, ": found no example in it"),
    ("mrpc", "", ": found no example in it"),
    ("cola", b"a\t1\t\tgood\nb\t1\t\tb\xe4d\n",
     ":2: byte 7 of the line, 0xe4, is not UTF-8"),
    ("cola", "text\tlabel\t\tsentence\n", ":1: the label 'label' is none of"),
    ("sts-b", "h\n" + "\t" * 9 + "high\n", ":2: 'high' is not a number"),
    ("sts-b", "h\n" + "\t" * 9 + "nan\n", ":2: 'nan' is not a number"),
    ("sts-b", "h\n" + "\t" * 9 + "1_5\n", ":2: '1_5' is not a number"),
    ("sts-b", "h\n" + "\t" * 9 + "\u0663\n", "is not a number"),
    (tsv(), "sentence\tlabel\na\tx\n",
     ":1: no column named 'text' in the header (found: 'sentence', 'label')"),
    (tsv(), "text\ttext\tlabel\na\tx\n", ":1: two columns named 'text'"),
    (tsv(), "", ":1: no column named 'text' in the header (found: none)"),
    (tsv(), "text\tlabel\na\tb\tx\n",
     ":2: found 3 columns, the header names 2"),
    (tsv(), "text\tlabel\na\tx\nb\t\n", ":3: the label is empty"),
    (tsv(("x", "y")), "text\tlabel\na\tx\nb\tz\n",
     ":3: the label 'z' is none of 'x', 'y'"),
    (tsv(("x", "y"), task_definition.MULTI_LABEL), "text\tlabel\na\tx, z\n",
     ":2: the label 'z' is none of 'x', 'y'"),
  ],
)  # fmt: skip
def test_what_is_wrong_names_file_and_line(tmp_path, task, text, message):
  with pytest.raises(ValueError) as error:
    read(tmp_path, task, text)
  assert str(error.value).startswith(str(tmp_path / "train.tsv"))
  assert message in str(error.value)


def test_a_missing_file(tmp_path):
  task = known_tasks.find("ax")
  with pytest.raises(FileNotFoundError) as error:
    reader.read(task, task.test, str(tmp_path))
  assert f"{tmp_path}/diagnostic.tsv or {tmp_path}/AX.tsv" in str(error.value)


def test_bad_lines_are_left_out_and_counted_if_told(tmp_path, caplog):
  text = MRPC_HEADER + "1\ta\tb\tc\td\n\n7\ta\tb\tc\td\n0\ta\tb\te\tf\n"
  text = text.encode() + b"0\ta\tb\te\xff\tf\n0\ta\tb\te\rx\tf\n"
  with caplog.at_level(logging.WARNING, logger="absl"):
    found = read(tmp_path, "mrpc", text, skip_bad_lines=True)
  assert [example[0] for example in found] == [2, 5]
  assert "train.tsv:3: the line is empty" in caplog.text
  assert "train.tsv:6: byte 8 of the line, 0xff, is not UTF-8" in caplog.text
  assert "train.tsv:7: a carriage return" in caplog.text
  assert "4 lines were left out" in caplog.text


def test_blank_lines_at_the_end_are_none(tmp_path):
  text = MRPC_HEADER + "1\ta\tb\tc\td\n\n \n"
  assert len(read(tmp_path, "mrpc", text)) == 1
  assert len(read(tmp_path, "mrpc", text, "test", "test.tsv")) == 1


def test_bad_lines_to_predict_are_never_left_out(tmp_path):
  with pytest.raises(ValueError, match=r"test\.tsv:2: the line is empty"):
    read(
      tmp_path,
      "mrpc",
      MRPC_HEADER + "\n1\ta\tb\tc\td\n",
      "test",
      "test.tsv",
      skip_bad_lines=True,
    )
