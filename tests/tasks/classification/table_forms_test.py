"""One table of one's own in every form gives the same records."""

import csv
import gzip
import json
import logging

import pyarrow
import pyarrow.parquet
import pytest

from bert_tf.tasks.classification import (
  examples,
  known_tasks,
  reader,
  run,
  settings,
  task_definition,
)
from bert_tf.text import full_tokenizer
from tests.tables import table_reader_test
from tests.tasks.classification import classifying

TEXTS = ['the "heron", he said', "a lantern\nin the harbour", "naïve, the fog "]


def write_all(folder, rows, to_value=lambda cell: cell):
  """The table as train.* in a folder for each form."""
  folders = [folder / x for x in ("tsv", "csv", "gz", "json", "parquet", "hf")]
  for each in folders:
    each.mkdir()
  tsv, of_csv, gz, lines, parquet, hf = folders
  for path, separator in (
    (tsv / "train.tsv", "\t"),
    (of_csv / "train.csv", ","),
  ):
    with path.open("w", newline="", encoding="utf-16") as file:
      writer = csv.writer(file, delimiter=separator)
      writer.writerows([("label", "text"), *((y, x) for x, y in rows)])
  data = (of_csv / "train.csv").read_bytes()
  (gz / "train.csv.gz").write_bytes(gzip.compress(data))
  objects = [{"text": x, "label": to_value(y)} for x, y in rows]
  (lines / "train.jsonl").write_text(
    "".join(json.dumps(one) + "\n" for one in objects)
  )
  table = pyarrow.Table.from_pylist(objects)
  pyarrow.parquet.write_table(table, parquet / "train.parquet")
  table_reader_test.save_dataset(hf / "train", table)
  return folders


def as_list(cell):
  return [label for label in cell.split("|") if label]


def records(folder, task):
  told = settings.ClassificationSettings(
    str(folder),
    str(classifying.TESTDATA / "vocab.txt"),
    do_train=True,
    quoting="standard",
  )
  found = run.ClassificationTask(task, told).with_labels(None)
  file = found._read(found.definition.train)
  tokenizer = full_tokenizer.FullTokenizer(classifying.TESTDATA / "vocab.txt")
  path = folder / "out.tf_record"
  examples.write(str(path), found.definition, file.examples, tokenizer, 32)
  assert found.train_files()
  return path.read_bytes(), found.definition.labels


@pytest.mark.parametrize(
  "kind, cells, to_value",
  [
    (task_definition.SINGLE_LABEL, ["b", "a", "b"], str),
    (task_definition.SINGLE_LABEL, ["1", "0", "1"], int),
    (task_definition.MULTI_LABEL, ["x|y", "", "y"], as_list),
    (task_definition.REGRESSION, ["3.25", "-1e-3", "2"], float),
  ],
)  # fmt: skip
def test_records_are_equal(tmp_path, kind, cells, to_value):
  rows = list(zip(TEXTS, cells, strict=True))
  task = known_tasks.tsv("text", None, "label", kind, (), "|")
  found = [records(x, task) for x in write_all(tmp_path, rows, to_value)]
  assert len(found) == 6
  for data, labels in found[1:]:
    assert labels == found[0][1]
    assert data == found[0][0]


def test_it_trains_and_predicts_on_any_form(tmp_path, caplog):
  for name, text in {
    "train.csv": "text,label\n" + "the heron,x\na lantern,y\n" * 8,
    "validation.jsonl": '{"text": "a heron", "label": "x"}\n',
    "test.tsv": "text\nthe heron\nthe lantern\n\n",
  }.items():
    (tmp_path / name).write_text(text)
  task = known_tasks.tsv("text", None, "label", task_definition.SINGLE_LABEL)
  with caplog.at_level(logging.INFO, logger="absl"):
    classifying.classify(
      tmp_path / "out", task, tmp_path, layers=1, do_train=True, do_eval=True,
      do_predict=True, max_seq_length=8,
    )  # fmt: skip
  assert f"{tmp_path}/train.csv: 16 labels: x 8, y 8" in caplog.text
  assert "validation.jsonl: no example has the label 'y'" in caplog.text
  assert len(classifying.numbers(tmp_path / "out" / "test_results.tsv")) == 2


def test_a_saved_dataset_trains_and_is_known_again(tmp_path):
  table = pyarrow.table(
    {"text": ["a heron", "a lamp"] * 4, "label": [0, 1] * 4}
  )
  table_reader_test.save_dataset(tmp_path / "train", table)
  task = known_tasks.tsv("text", None, "label", task_definition.SINGLE_LABEL)
  told = {"layers": 1, "do_train": True, "max_seq_length": 8}
  classifying.classify(tmp_path / "out", task, tmp_path, **told)
  path = tmp_path / "train" / "data-00000-of-00002.arrow"
  path.write_bytes(path.read_bytes() + b"0")
  with pytest.raises(ValueError, match="train_data was"):
    classifying.classify(tmp_path / "out", task, tmp_path, **told)


def test_numbers_are_strict_in_every_form(tmp_path):
  task = known_tasks.tsv("text", None, "label", task_definition.REGRESSION)
  for name, text, place in (
    ("train.tsv", "text\tlabel\nabc\t1_5\n", ":2: "),
    ("train.jsonl", '{"text": "a", "label": "1_5"}', ":1: "),
  ):
    folder = tmp_path / name
    folder.mkdir()
    (folder / name).write_text(text)
    with pytest.raises(ValueError, match=f"{name}{place}'1_5' is not a number"):
      reader.read(task, task.train, str(folder))
