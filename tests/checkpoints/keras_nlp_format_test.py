"""Presets of keras-nlp, there and back, and what its models compute."""

import json
import shutil

import keras_nlp
import numpy as np
import pytest

import bert_tf
from bert_tf.checkpoints import formats
from tests.checkpoints import made_up

HELD = ([], ["masked_lm"], ["classifier"])


@pytest.fixture(scope="module")
def presets(tmp_path_factory):
  """A folder for each of `HELD`, and what was written into it."""
  found = []
  for heads in HELD:
    folder = tmp_path_factory.mktemp("presets") / "preset"
    model = made_up.model(heads)
    formats.write(model, "keras_nlp", str(folder))
    found.append((str(folder), model))
  return found


def theirs(class_name, folder):
  return getattr(keras_nlp.models, class_name).from_preset(folder)


def inputs(**more):
  ids, mask, segments = made_up.batch()
  found = {"token_ids": ids, "padding_mask": mask, "segment_ids": segments}
  return found | more


def test_everything_comes_back(presets, tmp_path):
  for index, (folder, model) in enumerate(presets):
    assert formats.recognise(folder) == "keras_nlp"
    found = formats.read(folder)
    made_up.assert_same_tensors(found, model)
    assert found.config == model.config
    assert found.vocabulary == model.vocabulary
    assert found.rules == model.rules
    google = str(tmp_path / str(index))
    formats.write(found, "google", google)
    made_up.assert_same_tensors(formats.read(google), model)


def test_their_backbone_computes_what_ours_does(presets):
  folder, _ = presets[0]
  ids, mask, segments = made_up.batch()
  wanted = theirs("BertBackbone", folder)(inputs())
  found = bert_tf.BertModel.from_checkpoint(folder)(ids, mask, segments)
  made_up.assert_same_vectors(found, wanted, mask)


def test_their_classifier_computes_what_ours_does(presets):
  folder, _ = presets[2]
  ids, mask, segments = made_up.batch()
  model = theirs("BertTextClassifier", folder)
  wanted = model(inputs())
  found = bert_tf.BertClassifier.from_checkpoint(folder)(
    {"input_ids": ids, "input_mask": mask, "segment_ids": segments}
  )
  np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_their_masked_lm_has_the_weights(presets):
  """Its head has another gelu and epsilon, so numbers are not compared."""
  folder, model = presets[1]
  head = theirs("BertMaskedLM", folder).masked_lm_head
  np.testing.assert_array_equal(
    head._intermediate_dense.kernel,
    model.tensors["cls/predictions/transform/dense/kernel"],
  )


def test_their_tokenizer_has_the_words(presets):
  tokenizer = theirs("BertTokenizer", presets[1][0])
  assert tokenizer.get_vocabulary() == list(made_up.VOCABULARY)
  ids = tokenizer("The cats sat, é.")
  pieces = [tokenizer.id_to_token(int(i)) for i in ids]
  assert pieces == ["the", "cat", "##s", "sat", ",", "e", "."]


def test_what_a_preset_cannot_hold(tmp_path):
  model = made_up.model(["masked_lm", "next_sentence", "span"])
  with pytest.raises(ValueError) as error:
    formats.write(model, "keras_nlp", str(tmp_path / "out"))
  for part in ("4 things", "cls/squad/output_bias", "--allow_loss"):
    assert part in str(error.value)
  erf = made_up.with_act(made_up.model(), "gelu_erf")
  with pytest.raises(ValueError, match="hidden_act=gelu_erf"):
    formats.write(erf, "keras_nlp", str(tmp_path / "out"))
  tagger = made_up.model(["classifier"], labels_of="token")
  with pytest.raises(ValueError, match="output_bias, output_weights"):
    formats.write(tagger, "keras_nlp", str(tmp_path / "out"))
  pooler = "bert/pooler/dense/"
  kept = {n: v for n, v in model.tensors.items() if not n.startswith(pooler)}
  with pytest.raises(ValueError, match="no variable bert/pooler/dense/"):
    formats.write(
      made_up.model(tensors=kept), "keras_nlp", str(tmp_path / "out"), True
    )
  assert not list(tmp_path.iterdir())


def test_loss_that_is_allowed(tmp_path):
  model = made_up.model(["masked_lm", "next_sentence"])
  folder = str(tmp_path / "out")
  formats.write(model, "keras_nlp", folder, allow_loss=True)
  held = {n: v for n, v in model.tensors.items() if "seq_relation" not in n}
  made_up.assert_same_tensors(formats.read(folder), made_up.model(tensors=held))


def test_preset_that_keras_nlp_wrote(tmp_path):
  """Without a bert_config.json of ours."""
  backbone = keras_nlp.models.BertBackbone(
    vocabulary_size=20,
    num_layers=1,
    num_heads=2,
    hidden_dim=8,
    intermediate_dim=12,
    dropout=0.3,
    max_sequence_length=9,
  )
  backbone.save_to_preset(str(tmp_path))
  model = formats.read(str(tmp_path))
  assert model.config.hidden_dropout_prob == 0.3
  assert model.config.attention_probs_dropout_prob == 0.3
  assert model.config.hidden_act == "gelu"
  ids, mask, segments = made_up.batch()
  found = bert_tf.BertModel.from_checkpoint(tmp_path)(ids, mask, segments)
  made_up.assert_same_vectors(found, backbone(inputs()), mask)


def test_damaged(presets, tmp_path):
  folder = tmp_path / "preset"
  shutil.copytree(presets[0][0], folder)
  weights = folder / "model.weights.h5"
  weights.write_bytes(weights.read_bytes()[:5000])
  with pytest.raises(ValueError, match="cannot read the weights"):
    formats.read(str(folder))
  config = json.loads((folder / "config.json").read_text())
  config["config"]["num_layers"] = 10**9
  (folder / "config.json").write_text(json.dumps(config))
  with pytest.raises(
    ValueError, match=r"model of the sizes in config\.json at"
  ):
    formats.read(str(folder))
  config["config"]["num_layers"] = 2
  del config["config"]["num_heads"]
  (folder / "config.json").write_text(json.dumps(config))
  with pytest.raises(ValueError, match="num_heads is missing"):
    formats.read(str(folder))
  config["class_name"] = "Lambda"
  (folder / "config.json").write_text(json.dumps(config))
  with pytest.raises(ValueError, match="expected a BertBackbone, found Lambda"):
    formats.read(str(folder))
