"""Feature extraction: what does not fit is told, and nothing is written."""

import pytest

from bert_tf.checkpoints import checkpoint_reader, saver
from bert_tf.tasks.vectors import predictor, settings, vector_writers
from tests.tasks.vectors import extracting

TESTDATA = extracting.TESTDATA


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
    extracting.extract(tmp_path / "out", **changes)
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
    extracting.extract(tmp_path / "out", input_file=str(tmp_path / "in"))
  assert (tmp_path / "out").read_text() == "old"


def test_input_and_output_are_files_and_two(tmp_path):
  (tmp_path / "in").write_text("the\n")
  with pytest.raises(ValueError, match="is the file to read"):
    extracting.extract(tmp_path / "in", input_file=str(tmp_path / "in"))
  with pytest.raises(IsADirectoryError, match=r"output_file=.* is a folder"):
    extracting.extract(tmp_path, input_file=str(tmp_path / "in"))
  with pytest.raises(IsADirectoryError, match="is a folder; expected a text"):
    extracting.extract(tmp_path / "out", input_file=str(tmp_path))


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
    extracting.extract(tmp_path / "out", output_format=output_format)
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
    extracting.extract(tmp_path / "out", init_checkpoint=prefix)
  whole = {n: reader.read(n) for n in reader.shapes if "pooler" not in n}
  saver.save(whole, prefix)
  extracting.extract(tmp_path / "out", init_checkpoint=prefix)


def test_layers_are_read_from_text():
  assert settings.parse_layers("-1, -2,0") == (-1, -2, 0)
  with pytest.raises(ValueError, match="layers='-1,a' is not a list"):
    settings.parse_layers("-1,a")


def test_a_vocabulary_of_another_model(tmp_path):
  text = (TESTDATA / "vocab.txt").read_text("utf-8")
  (tmp_path / "longer.txt").write_text(f"{text}another\n", "utf-8")
  longer = str(tmp_path / "longer.txt")
  with pytest.raises(ValueError, match=r"longer\.txt: found 687 pieces"):
    extracting.extract(tmp_path / "out", vocab_file=longer)
  assert not (tmp_path / "out").exists()
