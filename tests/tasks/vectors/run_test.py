"""Feature extraction: the original's output, and NumPy for the rest."""

import json
import pathlib

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

import bert_tf
from bert_tf.checkpoints import checkpoint_reader, saver
from bert_tf.tasks.vectors import (
  examples,
  line_vectors,
  predictor,
  run,
  settings,
  vector_writers,
)
from bert_tf.text import text_lines
from bert_tf.training import device_strategy
from tests.tasks.vectors import json_lines

TESTDATA = pathlib.Path(__file__).resolve().parents[2] / "testdata"
LAYERS = (-1, -2, 1)


def extract(output, **changes):
  told = {
    "input_file": str(TESTDATA / "extract_features" / "input.txt"),
    "output_file": str(output),
    "vocab_file": str(TESTDATA / "vocab.txt"),
    "init_checkpoint": str(TESTDATA / "tiny" / "bert_model.ckpt"),
    "layers": LAYERS,
    "max_seq_length": 32,
    "batch_size": 2,
  } | changes
  config = bert_tf.BertConfig.from_json_file(
    TESTDATA / "tiny" / "bert_config.json"
  )
  return run.run(
    config,
    settings.FeatureSettings(**told),
    device_strategy.DeviceSettings(),
  )


def without_values(line):
  """The line as it is written, its values apart."""
  features = [
    token | {"layers": [layer | {"values": 0} for layer in token["layers"]]}
    for token in line["features"]
  ]
  return json.dumps(line | {"features": features})


@pytest.mark.parametrize("one_hot", [False, True])
def test_json_lines_are_the_original_s(tmp_path, golden, one_hot):
  output = tmp_path / "new" / "features.jsonl"
  assert extract(output, use_one_hot_embeddings=one_hot) == len(golden)
  text = output.read_text()
  assert text.endswith("}\n") and text.count("\n") == len(golden)
  found = [json.loads(line) for line in text.splitlines()]
  assert list(map(without_values, found)) == list(map(without_values, golden))
  for mine, theirs in zip(found, golden, strict=True):
    np.testing.assert_allclose(
      json_lines.values_of(mine), json_lines.values_of(theirs), atol=5e-5
    )


def test_json_lines_are_written_as_json_dumps_writes_them(tmp_path):
  extract(tmp_path / "out")
  for line in (tmp_path / "out").read_text().splitlines():
    assert json.dumps(json.loads(line)) == line


@hypothesis.given(st.lists(st.floats(-(2.0**30), 2.0**30, width=32)))
def test_rounding_is_python_s(numbers):
  values = np.array(numbers, np.float32).reshape(1, -1)
  (layer,) = json.loads(
    vector_writers.as_json(line_vectors.LineVectors(0, values), [-1])
  )["layers"]
  assert list(map(repr, layer["values"])) == [
    repr(round(float(x), 6)) for x in values[0]
  ]


def test_npz_holds_the_same(tmp_path, golden):
  extract(tmp_path / "out.npz", output_format="npz")
  with np.load(tmp_path / "out.npz") as found:
    assert sorted(found) == [
      *("layers", "starts", "token_bytes", "token_starts", "values")
    ]
    assert found["layers"].tolist() == list(LAYERS)
    assert found["values"].dtype == np.float32
    starts = found["starts"]
    assert len(starts) == len(golden) + 1 and starts[-1] == len(found["values"])
    values = found["values"]
  read = list(bert_tf.read_vectors(tmp_path / "out.npz"))
  assert [one.index for one in read] == list(range(len(golden)))
  for line, one, start, end in zip(
    golden, read, starts[:-1], starts[1:], strict=True
  ):
    assert list(one.tokens) == [token["token"] for token in line["features"]]
    np.testing.assert_array_equal(one.values, values[start:end])
    np.testing.assert_allclose(
      one.values, json_lines.values_of(line), atol=5e-5
    )


def read_examples(path):
  for record in tf.data.TFRecordDataset(str(path)):
    yield tf.train.Example.FromString(record.numpy()).features.feature


def test_tfrecord_holds_the_same(tmp_path, golden):
  extract(tmp_path / "out.tfrecord", output_format="tfrecord")
  found = list(read_examples(tmp_path / "out.tfrecord"))
  for index, (one, line) in enumerate(zip(found, golden, strict=True)):
    assert one["linex_index"].int64_list.value[:] == [index]
    assert one["layers"].int64_list.value[:] == list(LAYERS)
    tokens = [token["token"].encode() for token in line["features"]]
    assert one["tokens"].bytes_list.value[:] == tokens
    values = np.reshape(
      one["values"].float_list.value, one["shape"].int64_list.value
    )
    np.testing.assert_allclose(values, json_lines.values_of(line), atol=5e-5)


POOLED = {
  "mean": lambda x: x.mean(0),
  "max": lambda x: x.max(0),
  "cls": lambda x: x[0],
  "mean_max": lambda x: np.concatenate([x.mean(0), x.max(0)], axis=-1),
}


@pytest.mark.parametrize("pooling", POOLED)
def test_pooling_leaves_padding_out(tmp_path, golden, pooling):
  extract(tmp_path / "out", pooling=pooling, batch_size=7)
  text = (tmp_path / "out").read_text()
  for mine, theirs in zip(
    map(json.loads, text.splitlines()), golden, strict=True
  ):
    assert list(mine) == ["linex_index", "layers"]
    assert [layer["index"] for layer in mine["layers"]] == list(LAYERS)
    np.testing.assert_allclose(
      [layer["values"] for layer in mine["layers"]],
      POOLED[pooling](json_lines.values_of(theirs)),
      atol=5e-5,
    )


def test_pooled_npz_and_records(tmp_path, golden):
  extract(tmp_path / "out.npz", output_format="npz", pooling="mean_max")
  wanted = [POOLED["mean_max"](json_lines.values_of(line)) for line in golden]
  with np.load(tmp_path / "out.npz") as found:
    assert sorted(found) == ["layers", "values"]
    np.testing.assert_allclose(found["values"], wanted, atol=5e-5)
  read = list(bert_tf.read_vectors(tmp_path / "out.npz"))
  assert len(read) == len(golden) and read[0].values.shape == (1, 3, 64)
  extract(tmp_path / "out.rec", output_format="tfrecord", pooling="mean_max")
  for one, values in zip(
    read_examples(tmp_path / "out.rec"), wanted, strict=True
  ):
    shape = one["shape"].int64_list.value
    assert list(shape) == [3, 64]
    np.testing.assert_allclose(
      np.reshape(one["values"].float_list.value, shape), values, atol=5e-5
    )


def test_words_are_means_of_their_pieces(tmp_path, golden):
  extract(tmp_path / "out", word_vectors=True)
  text = (TESTDATA / "extract_features" / "input.txt").read_text("utf-8")
  rows = text.split("\n")
  found = list(map(json.loads, (tmp_path / "out").read_text().splitlines()))
  for mine, row in zip(found, rows, strict=False):
    for word in mine["features"]:
      assert list(word) == ["token", "start", "end", "layers"]
      assert row[word["start"] : word["end"]] == word["token"]
  last = {w["token"]: w for w in found[6]["features"]}
  assert list(last) == ["naïve", "café", "—", "中", "文", "mixed"]
  pieces = json_lines.values_of(
    golden[6]
  )  # [CLS] n ##a ##i ##v ##e c ##a ##f ##e ...
  for word, first, end in (("naïve", 1, 6), ("café", 6, 10), ("mixed", 13, 14)):
    np.testing.assert_allclose(
      [layer["values"] for layer in last[word]["layers"]],
      pieces[first:end].mean(0),
      atol=5e-5,
    )
  # Both texts of a pair, each as far as it was not cut off.
  tokens = [word["token"] for word in found[1]["features"]]
  assert tokens[8:12] == ["Castellane", "re", "-", "read"]
  assert tokens[14:16] == ["for", "They"] and tokens[-1] == "and"
  assert len(tokens) == 29


def test_places_of_words_in_npz_and_records(tmp_path):
  for name in ("npz", "tfrecord"):
    extract(tmp_path / name, output_format=name, word_vectors=True)
  first = [(0, 2), (3, 6), (7, 10)]  # It was the
  with np.load(tmp_path / "npz") as found:
    places = zip(found["char_starts"], found["char_ends"], strict=True)
    assert list(places)[:3] == first
    assert len(found["values"]) == len(found["token_starts"]) - 1
  read = next(bert_tf.read_vectors(tmp_path / "npz"))
  assert read.tokens[:3] == ("It", "was", "the")
  assert read.spans[:3] == tuple(first)
  one = next(read_examples(tmp_path / "tfrecord"))
  assert one["char_starts"].int64_list.value[:3] == [0, 3, 7]
  assert one["char_ends"].int64_list.value[:3] == [2, 6, 10]
  assert one["tokens"].bytes_list.value[0] == b"It"


def test_a_word_cut_by_the_limit_keeps_its_first_pieces(tokenizer):
  line = text_lines.parse("the naïve")
  found = examples.encode(line, tokenizer, 5, with_words=True)
  assert found.tokens == ["[CLS]", "the", "n", "##a", "[SEP]"]
  assert found.words == (
    examples.Word("the", 0, 3, 1, 2),
    examples.Word("naïve", 4, 9, 2, 4),
  )


@pytest.mark.parametrize(
  "text, line",
  [
    ("one", text_lines.Line("one")),
    ("  one \r", text_lines.Line("one", None, 2)),
    ("", text_lines.Line("")),
    (" a ||| b", text_lines.Line("a", "b", 1, 7)),
    ("a ||| b ||| c", text_lines.Line("a ||| b", "c", 0, 12)),  # the last one
    ("a |||", text_lines.Line("a |||")),
    ("a|||b", text_lines.Line("a|||b")),
    ("a |||  b", text_lines.Line("a", " b", 0, 6)),
  ],
)
def test_lines_are_split_as_the_original_does(text, line):
  assert text_lines.parse(text) == line


def test_an_empty_second_text_is_none(tokenizer):
  line = text_lines.parse("the ||| \u200b")  # what is left of it is nothing
  assert line.text_b == "\u200b"
  found = examples.encode(line, tokenizer, 8)
  assert found.tokens == ["[CLS]", "the", "[SEP]"]


def test_empty_lines_and_no_newline_at_the_end(tmp_path):
  (tmp_path / "in").write_bytes(b"\r\nthe\n\nthe")
  for name in ("json", "npz", "tfrecord"):
    for word_vectors in (False, True):
      extract(
        tmp_path / name,
        input_file=str(tmp_path / "in"),
        output_format=name,
        word_vectors=word_vectors,
      )
  found = list(map(json.loads, (tmp_path / "json").read_text().splitlines()))
  assert [[w["token"] for w in x["features"]] for x in found] == [
    [],
    ["the"],
    [],
    ["the"],
  ]


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"layers": (-1, 3)}, "no layer 3; with 3 layers .* 0 to 2, or -1 to -3"),
    ({"layers": ()}, "layers is empty"),
    ({"max_seq_length": 65}, "65 is above .*max_position_embeddings=64"),
    ({"max_seq_length": 2}, "max_seq_length=2 is below 3"),
    ({"batch_size": 0}, "batch_size=0 is below 1"),
    ({"pooling": "sum"}, "pooling='sum' is not known"),
    ({"output_format": "csv"}, "output_format='csv' is not known"),
    ({"pooling": "cls", "word_vectors": True}, "exclude each other"),
    ({"vocab_file": "/nowhere/vocab.txt"}, "/nowhere/vocab.txt"),
    ({"init_checkpoint": "/nowhere/model.ckpt"}, "/nowhere/model.ckpt"),
  ],
)
def test_what_does_not_fit_is_told_and_nothing_written(
  tmp_path, changes, message
):
  with pytest.raises((ValueError, OSError), match=message):
    extract(tmp_path / "out", **changes)
  assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
  "data, message",
  [
    (b"", "in is empty"),
    (b"the\nna\xefve\n", "in, line 2: found the byte 0xef, .* not UTF-8"),
  ],
)
def test_a_bad_input_file_leaves_the_old_output(tmp_path, data, message):
  (tmp_path / "in").write_bytes(data)
  (tmp_path / "out").write_text("old")
  with pytest.raises(ValueError, match=message):
    extract(tmp_path / "out", input_file=str(tmp_path / "in"))
  assert (tmp_path / "out").read_text() == "old"


def test_input_and_output_are_files_and_two(tmp_path):
  (tmp_path / "in").write_text("the\n")
  with pytest.raises(ValueError, match="is the file to read"):
    extract(tmp_path / "in", input_file=str(tmp_path / "in"))
  with pytest.raises(IsADirectoryError, match=r"output_file=.* is a folder"):
    extract(tmp_path, input_file=str(tmp_path / "in"))
  with pytest.raises(IsADirectoryError, match="is a folder; expected a text"):
    extract(tmp_path / "out", input_file=str(tmp_path))


@pytest.mark.parametrize("output_format", sorted(vector_writers.FORMATS))
def test_output_appears_whole_or_not_at_all(
  tmp_path, output_format, monkeypatch
):
  whole = predictor.FeatureExtractor.extract

  def fail_at_second(extractor, encoded):
    yield next(whole(extractor, encoded))
    raise RuntimeError("the lights went out")

  monkeypatch.setattr(predictor.FeatureExtractor, "extract", fail_at_second)
  (tmp_path / "out").write_text("old")
  with pytest.raises(RuntimeError, match="the lights"):
    extract(tmp_path / "out", output_format=output_format)
  assert [path.name for path in tmp_path.iterdir()] == ["out"]
  assert (tmp_path / "out").read_text() == "old"


def test_a_checkpoint_that_lacks_variables_is_no_model(tmp_path):
  reader = checkpoint_reader.Reader(TESTDATA / "tiny" / "bert_model.ckpt")
  kept = {
    name: reader.read(name)
    for name in reader.shapes
    if "pooler" not in name and "layer_2" not in name
  }
  prefix = str(tmp_path / "model.ckpt")
  saver.save(kept, prefix)
  with pytest.raises(ValueError, match=r"16 variables of the model .*layer_2"):
    extract(tmp_path / "out", init_checkpoint=prefix)
  whole = {n: reader.read(n) for n in reader.shapes if "pooler" not in n}
  saver.save(whole, prefix)
  extract(tmp_path / "out", init_checkpoint=prefix)


def test_layers_are_read_from_text():
  assert settings.parse_layers("-1, -2,0") == (-1, -2, 0)
  with pytest.raises(ValueError, match="layers='-1,a' is not a list"):
    settings.parse_layers("-1,a")


def test_a_vocabulary_of_another_model(tmp_path):
  text = (TESTDATA / "vocab.txt").read_text("utf-8")
  (tmp_path / "longer.txt").write_text(f"{text}another\n", "utf-8")
  longer = str(tmp_path / "longer.txt")
  with pytest.raises(ValueError, match=r"longer\.txt: found 687 pieces"):
    extract(tmp_path / "out", vocab_file=longer)
  assert not (tmp_path / "out").exists()
