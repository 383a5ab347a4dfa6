"""What the page shows is what the model computes."""

import base64
import json
import re

import numpy as np
import pytest

from bert_tf.tasks.attention import run, settings
from bert_tf.training import device_settings
from tests.models import tiny


@pytest.fixture
def written(tmp_path, testdata):
  """Writes a page of a text, and reads the data in it."""

  def write(text, pair=None, **changed):
    path = tmp_path / "attention.html"
    options = settings.AttentionSettings(
      text=text,
      text_pair=pair,
      vocab_file=str(testdata / "vocab.txt"),
      init_checkpoint=str(tiny.FOLDER / "bert_model.ckpt"),
      output_file=str(path),
      **changed,
    )
    run.run(tiny.CONFIG, options, device_settings.DeviceSettings())
    found = re.search(r'id="data">(.*?)</script>', path.read_text())
    data = json.loads(found[1])
    steps = np.frombuffer(base64.b64decode(data["attention"]), "<u2")
    size = len(data["tokens"])
    shape = data["layers"], data["heads"], size, size
    return data, steps.reshape(shape) / 65535

  return write


def test_values(written):
  import bert_tf

  data, found = written("The storm was near.", "It rained.")
  tokenizer = bert_tf.FullTokenizer(
    str(tiny.FOLDER.parent / "vocab.txt"), do_lower_case=True
  )
  first = tokenizer.tokenize("The storm was near.")
  second = tokenizer.tokenize("It rained.")
  assert data["tokens"] == ["[CLS]", *first, "[SEP]", *second, "[SEP]"]
  segments = [0] * (len(first) + 2) + [1] * (len(second) + 1)
  assert data["segments"] == segments
  assert data["model"] == "tiny"
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)
  ids = tokenizer.convert_tokens_to_ids(data["tokens"])
  inputs = {"input_ids": [ids], "segment_ids": [segments]}
  expected = np.concatenate(model.attention_probabilities(inputs))
  assert found == pytest.approx(expected, abs=1e-5)
  assert found.sum(-1) == pytest.approx(1, abs=1e-3)


def test_one_text(written):
  data, found = written("the storm")
  assert set(data["segments"]) == {0}
  assert found.shape[2:] == (len(data["tokens"]),) * 2


def test_a_long_text_is_cut_and_it_is_said(written, caplog):
  data, _ = written("the " * 50, max_seq_length=10)
  assert len(data["tokens"]) == 10
  assert "has 52 tokens, and the first 10 are shown" in caplog.text


@pytest.mark.parametrize(
  ("told", "message"),
  [({"text": " "}, "text is empty"), ({"max_seq_length": 2}, "is below 3")],
)
def test_settings_that_cannot_be(told, message):
  with pytest.raises(ValueError, match=message):
    settings.AttentionSettings(
      **{"text": "a", "vocab_file": "", "init_checkpoint": ""} | told,
      output_file="x",
    )


def test_a_length_that_the_model_lacks(written):
  with pytest.raises(ValueError, match="max_position_embeddings"):
    written("a", max_seq_length=100_000)
