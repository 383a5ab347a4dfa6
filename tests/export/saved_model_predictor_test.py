"""Lines in, JSON lines out."""

import io
import json
import shutil

import pytest
import tensorflow as tf

from bert_tf.checkpoints import export_checksums
from bert_tf.export import saved_model_predictor, saved_models
from bert_tf.system import answer_stream


@pytest.fixture(scope="module")
def lengths(tmp_path_factory):
  """A SavedModel that tells how long texts are."""
  module = tf.Module()

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
  def serving_default(text):
    return {"length": tf.strings.length(text), "copy": text}

  module.serve = serving_default
  folder = tmp_path_factory.mktemp("lengths")
  for version in ("2", "10"):
    signatures = {"serving_default": serving_default}
    tf.saved_model.save(module, str(folder / version), signatures)
  return folder


def test_the_last_version_is_found(lengths, tmp_path):
  assert saved_models.find(str(lengths)) == str(lengths / "10")
  assert saved_models.find(str(lengths / "2")) == str(lengths / "2")
  (tmp_path / "11").mkdir()
  (tmp_path / "\u00b2").mkdir()  # a digit to Python, and no number
  with pytest.raises(FileNotFoundError, match=r"\(saved_model\.pb\).*neither"):
    saved_models.find(str(tmp_path))


def test_a_path_that_tensorflow_takes_for_a_pattern(lengths, tmp_path):
  folder = shutil.copytree(lengths, tmp_path / "a[1]")
  with pytest.raises(ValueError, match="rename the folder"):
    saved_model_predictor.Predictor(str(folder))


@pytest.mark.parametrize("file", ["saved_model.pb", "fingerprint.pb"])
def test_damage_is_found(lengths, tmp_path, file):
  copy = shutil.copytree(lengths / "2", tmp_path / "2")
  export_checksums.write(str(copy))
  saved_model_predictor.Predictor(str(copy))
  data = bytearray((copy / file).read_bytes())
  data[len(data) // 2] ^= 1
  (copy / file).write_bytes(data)
  with pytest.raises(ValueError, match=f"{copy / file}: its SHA-256 is"):
    saved_model_predictor.Predictor(str(copy))
  (copy / file).unlink()
  with pytest.raises(ValueError, match=f"{copy / file}: gone"):
    export_checksums.check(str(copy))


def test_a_vocabulary_that_is_none(lengths, tmp_path):
  copy = shutil.copytree(lengths / "2", tmp_path / "2")
  (copy / "assets").mkdir(exist_ok=True)
  (copy / "assets" / "export.json").write_text("{}")
  (copy / "assets" / "vocab.txt").write_text("[PAD")
  with pytest.raises(ValueError, match=f"{copy}/assets/vocab.txt: of 1 pieces"):
    saved_model_predictor.Predictor(str(copy))


def test_a_program_that_is_none(lengths, tmp_path):
  copy = shutil.copytree(lengths / "2", tmp_path / "2")
  (copy / "saved_model.pb").write_bytes(b"\xff" * 50)
  with pytest.raises(ValueError, match=f"{copy}: cannot load the SavedModel"):
    saved_model_predictor.Predictor(str(copy))


def test_every_line_is_answered(lengths):
  predictor = saved_model_predictor.Predictor(str(lengths))
  writer = io.StringIO()
  reader = io.BytesIO("one\n\xe9t\xe9\n\n four \n".encode())
  assert answer_stream.run(predictor.answer, reader, writer, batch_size=2) == 4
  answers = [json.loads(line) for line in writer.getvalue().splitlines()]
  assert [answer["copy"] for answer in answers] == [
    "one",
    "\xe9t\xe9",
    "",
    "four",
  ]
  assert [answer["length"] for answer in answers] == [3, 5, 0, 4]


def test_a_model_of_single_texts_gets_the_whole_line(lengths):
  predictor = saved_model_predictor.Predictor(str(lengths))
  assert predictor.answer([" one ||| two "]) == [
    {"text": "one ||| two", "copy": "one ||| two", "length": 11}
  ]


def test_input_that_fails_is_an_error_and_no_waiting(lengths):
  """As that of a folder, or of a disk that is no longer there."""

  def reader():
    yield b"one\n"
    yield b"two\n"
    raise OSError("the disk is gone")

  predictor = saved_model_predictor.Predictor(str(lengths))
  writer = io.StringIO()
  with pytest.raises(OSError, match="the disk is gone"):
    answer_stream.run(predictor.answer, reader(), writer, batch_size=8)
  assert len(writer.getvalue().splitlines()) == 2
