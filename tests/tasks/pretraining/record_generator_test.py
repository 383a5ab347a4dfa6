"""The whole way, text to files, against what the original wrote."""

import os
import pathlib

import pytest
import tensorflow as tf

from bert_tf.tasks.pretraining import record_generator, settings
from bert_tf.text import vocabulary_file

CASES = [
  "own_vocab",
  "whole_word",
  "cased_mixed",
  "uncased_30522",
  "cased_28996",
  "chinese_21128",
]


def read_flags(path):
  pairs = (line[2:].split("=") for line in path.read_text().split())
  kinds = {field: type(value) for field, value in DEFAULTS.items()}
  changes = {}
  for name, value in pairs:
    kind = kinds.get(name, str)
    changes[name] = value == "True" if kind is bool else kind(value)
  for name in ("input_file", "output_file"):
    changes[name] = tuple(changes[name].split(","))
  return changes


DEFAULTS = {
  name: field.default
  for name, field in settings.PretrainingDataConfig.__dataclass_fields__.items()
  if isinstance(field.default, (bool, int, float))
}


def read_records(path):
  kind = "GZIP" if str(path).endswith(".gz") else ""
  return list(tf.data.TFRecordDataset(str(path), kind).as_numpy_iterator())


@pytest.fixture
def in_goldens(testdata, monkeypatch):
  monkeypatch.chdir(testdata / "pretraining")
  return testdata / "pretraining"


@pytest.mark.parametrize("case", CASES)
def test_files_are_the_originals(case, in_goldens, tmp_path, request):
  changes = read_flags(in_goldens / case / "flags.txt")
  golden = [f"{path}.gz" for path in changes["output_file"]]
  changes["output_file"] = tuple(
    str(tmp_path / path) for path in changes["output_file"]
  )
  if case == "uncased_30522":
    changes["vocab_file"] = request.getfixturevalue("uncased_vocab_file")
  elif not os.path.exists(changes["vocab_file"]):
    folder = request.getfixturevalue("shared_vocab_dir")
    changes["vocab_file"] = str(folder / changes["vocab_file"])
  config = settings.PretrainingDataConfig(**changes)
  summary = record_generator.create(config)
  total = 0
  for ours, originals in zip(config.output_file, golden, strict=True):
    records, expected = read_records(ours), read_records(originals)
    assert len(records) == len(expected)
    total += len(records)
    for record, original in zip(records, expected, strict=True):
      example = tf.train.Example.FromString(original)
      assert tf.train.Example.FromString(record) == example
      assert record == example.SerializeToString(deterministic=True)
  assert summary.instances == total


@pytest.fixture
def config(testdata, tmp_path):
  (tmp_path / "in.txt").write_text("One line.\nAnother line.\n\nA third.\n")

  def make(**changes):
    arguments = {
      "input_file": (str(tmp_path / "in.txt"),),
      "output_file": (str(tmp_path / "out" / "a"), str(tmp_path / "out" / "b")),
      "vocab_file": str(testdata / "vocab.txt"),
      "dupe_factor": 4,
    }
    return settings.PretrainingDataConfig(**(arguments | changes))

  return make


def test_summary(config, tmp_path):
  summary = record_generator.create(config())
  assert summary.documents == 2
  assert summary.sentences == 3
  assert [os.path.basename(path) for path, _, _ in summary.files] == ["a", "b"]
  for path, records, size in summary.files:
    assert len(read_records(path)) == records
    assert os.path.getsize(path) == size
  records = [records for _, records, _ in summary.files]
  assert sum(records) == summary.instances
  assert records[0] - records[1] in (0, 1)  # In turn, from the first.
  masks = [
    tf.train.Example.FromString(r).features.feature["input_mask"]
    for path, _, _ in summary.files
    for r in read_records(path)
  ]
  used = sum(sum(mask.int64_list.value) for mask in masks)
  assert summary.padding_share == pytest.approx(1 - used / 128 / len(masks))
  assert list(summary.seconds) == ["start-up", "tokens", "instances", "writing"]
  lines = "\n".join(summary.lines())
  assert "corpus: 2 documents, 3 sentences" in lines
  assert f"wrote {tmp_path / 'out' / 'a'}: {records[0]} records" in lines


def test_more_files_than_records(config, tmp_path):
  names = tuple(str(tmp_path / f"part-{i}") for i in range(40))
  summary = record_generator.create(config(output_file=names))
  assert summary.instances < 40
  assert [len(read_records(name)) for name in names] == [
    int(i < summary.instances) for i in range(40)
  ]


@pytest.mark.parametrize("memory", [1, 500, 3000])
def test_files_and_parts_in_turn(config, tmp_path, memory):
  """Several files, of instances that do not fit into memory at once."""
  one = (str(tmp_path / "one"),)
  record_generator.create(config(output_file=one, dupe_factor=20))
  expected = read_records(one[0])
  limits = settings.MemoryLimits(instance_bytes=memory, records_a_batch=3)
  summary = record_generator.create(config(dupe_factor=20), limits=limits)
  for index, (name, _, _) in enumerate(summary.files):
    assert read_records(name) == expected[index::2]


def test_first_examples_are_logged(config, caplog):
  caplog.set_level("INFO", logger="absl")
  record_generator.create(config())
  text = "\n".join(record.getMessage() for record in caplog.records)
  assert text.count("*** Example ***") == 2
  assert "tokens: [CLS]" in text and "masked_lm_positions: " in text


def test_tensorflows_file_systems(config, tmp_path):
  plain = record_generator.create(config())
  path = f"file://{tmp_path}/in.txt"
  outputs = (f"file://{tmp_path}/x/a", f"file://{tmp_path}/x/b")
  record_generator.create(config(input_file=(path,), output_file=outputs))
  for (name, _, _), other in zip(plain.files, outputs, strict=True):
    assert read_records(name) == read_records(other)
  assert sorted(os.listdir(tmp_path / "x")) == ["a", "b"]


def files_in(folder):
  return {
    str(path.relative_to(folder)): path.read_bytes()
    for path in pathlib.Path(folder).rglob("*")
    if path.is_file()
  }


@pytest.mark.parametrize("phase", ["read_corpus", "fill", "write"])
def test_a_failure_leaves_no_trace(config, tmp_path, monkeypatch, phase):
  (tmp_path / "out").mkdir()
  (tmp_path / "out" / "a").write_bytes(b"older")
  before = files_in(tmp_path)
  owner = {
    "read_corpus": record_generator.text_corpus,
    "fill": record_generator,
    "write": record_generator.instance_records,
  }[phase]

  def fail(*_):
    raise KeyboardInterrupt

  monkeypatch.setattr(owner, phase, fail)
  with pytest.raises(KeyboardInterrupt):
    record_generator.create(config())
  assert files_in(tmp_path) == before


def test_rules_beside_the_vocabulary(config, testdata, tmp_path):
  """A Hugging Face folder tells that accents are kept."""
  pieces = (testdata / "vocab.txt").read_text().splitlines()
  pieces.append("éa")
  vocab_file = tmp_path / "hf" / "vocab.txt"
  vocab_file.parent.mkdir()
  vocab_file.write_text("\n".join(pieces))
  told = vocab_file.with_name("tokenizer_config.json")
  told.write_text('{"do_lower_case": true, "strip_accents": false}')
  (tmp_path / "in.txt").write_text("ÉA the\nthe ÉA\n\nthe\n")
  record_generator.create(config(vocab_file=str(vocab_file)))
  found = set()
  for record in read_records(tmp_path / "out" / "a"):
    features = tf.train.Example.FromString(record).features.feature
    for name in ("input_ids", "masked_lm_ids"):
      found.update(features[name].int64_list.value)
  assert pieces.index("éa") in found
  with pytest.raises(ValueError, match="--do_lower_case=False, but the files"):
    record_generator.create(
      config(vocab_file=str(vocab_file), do_lower_case=False)
    )


def test_output_is_an_input(config, tmp_path):
  path = str(tmp_path / "out" / ".." / "in.txt")
  before = files_in(tmp_path)
  with pytest.raises(ValueError) as error:
    record_generator.create(config(output_file=(path,)))
  assert str(error.value) == (
    f"--output_file: '{path}' is also an input file; writing it would destroy "
    "the text, so name another file"
  )
  assert files_in(tmp_path) == before


def test_output_is_a_directory(config, tmp_path):
  with pytest.raises(IsADirectoryError) as error:
    record_generator.create(config(output_file=(str(tmp_path),)))
  assert str(error.value) == (
    f"'{tmp_path}' is a directory, expected the name of a file to write, such "
    f"as '{tmp_path}/data.tfrecord'"
  )


@pytest.mark.parametrize("missing", ["[MASK]", "[CLS]", "[SEP]", "[UNK]"])
def test_vocabulary_without_a_special_token(config, tmp_path, missing):
  tokens = ["[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"]
  tokens.remove(missing)
  path = tmp_path / "vocab.txt"
  path.write_text("\n".join(tokens) + "\n")
  with pytest.raises(vocabulary_file.VocabularyError) as error:
    record_generator.create(config(vocab_file=str(path)))
  assert f"{path}: of 4 pieces none is {missing}" in str(error.value)
  assert not (tmp_path / "out").exists()


def test_empty_corpus(config, tmp_path):
  (tmp_path / "in.txt").write_text("\n\n")
  with pytest.raises(ValueError, match="found no sentence in "):
    record_generator.create(config())
  assert files_in(tmp_path / "out") == {}
