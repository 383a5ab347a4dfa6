"""Hugging Face folders, there and back."""

import dataclasses
import json

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

import bert_tf
from bert_tf.checkpoints import formats, huggingface_format, portable_model
from bert_tf.text import tokenizer_rules
from tests.checkpoints import made_up


@pytest.mark.parametrize(
  "theirs, ours",
  [
    ("embeddings.word_embeddings.weight", "bert/embeddings/word_embeddings"),
    ("bert.embeddings.LayerNorm.gamma", "bert/embeddings/LayerNorm/gamma"),
    (
      "encoder.layer.11.attention.self.query.weight",
      "bert/encoder/layer_11/attention/self/query/kernel",
    ),
    (
      "bert.encoder.layer.0.output.LayerNorm.bias",
      "bert/encoder/layer_0/output/LayerNorm/beta",
    ),
    ("pooler.dense.bias", "bert/pooler/dense/bias"),
    ("cls.predictions.bias", "cls/predictions/output_bias"),
    (
      "cls.predictions.transform.dense.weight",
      "cls/predictions/transform/dense/kernel",
    ),
    ("cls.seq_relationship.weight", "cls/seq_relationship/output_weights"),
    ("cls.seq_relationship.bias", "cls/seq_relationship/output_bias"),
    ("classifier.weight", "output_weights"),
    ("classifier.bias", "output_bias"),
    ("qa_outputs.weight", "cls/squad/output_weights"),
    ("qa_outputs.bias", "cls/squad/output_bias"),
  ],
)
def test_names(theirs, ours):
  assert huggingface_format.google_name(theirs) == ours
  back = theirs.removeprefix("bert.").replace(".gamma", ".weight")
  assert huggingface_format.huggingface_name(ours) == back


def write(model, folder):
  formats.write(model, "huggingface", str(folder))
  return safetensors.numpy.load_file(folder / "model.safetensors")


def config_of(folder):
  return json.loads((folder / "config.json").read_text())


def test_everything_comes_back(tmp_path):
  model = made_up.model(
    made_up.ALL_HEADS,
    labels=("no", "so-so", "yes"),
    labels_of=portable_model.PER_SEQUENCE,
    rules=tokenizer_rules.TokenizerRules(lower_case=False),
  )
  write(model, tmp_path / "hf")
  found = formats.read(str(tmp_path / "hf"))
  made_up.assert_same_tensors(found, model)
  for field in ("config", "vocabulary", "rules", "labels"):
    assert getattr(found, field) == getattr(model, field), field


def test_layout_is_theirs(tmp_path):
  """Kernels [out, in], no copy of the tied table, no prefix without heads."""
  model = made_up.model(["masked_lm", "classifier"])
  theirs = write(model, tmp_path / "heads")
  ours = model.tensors
  name = "encoder.layer.1.intermediate.dense.weight"
  np.testing.assert_array_equal(
    theirs["bert." + name],
    ours["bert/encoder/layer_1/intermediate/dense/kernel"].T,
  )
  np.testing.assert_array_equal(
    theirs["classifier.weight"], ours["output_weights"]
  )
  assert "cls.predictions.decoder.weight" not in theirs
  assert config_of(tmp_path / "heads")["tie_word_embeddings"] is True
  assert name in write(made_up.model(), tmp_path / "none")


@pytest.mark.parametrize(
  "heads, labels_of, architecture",
  [
    ([], None, "BertModel"),
    (["masked_lm"], None, "BertForMaskedLM"),
    (["masked_lm", "next_sentence"], None, "BertForPreTraining"),
    (["next_sentence"], None, "BertForNextSentencePrediction"),
    (["span"], None, "BertForQuestionAnswering"),
    (["classifier"], None, "BertForSequenceClassification"),
    (["classifier"], "sequence", "BertForSequenceClassification"),
    (["classifier"], "token", "BertForTokenClassification"),
    (["classifier"], "choice", "BertForMultipleChoice"),
  ],
)
def test_architecture_and_what_the_labels_are_of(
  tmp_path, heads, labels_of, architecture
):
  write(made_up.model(heads, labels_of=labels_of), tmp_path / "hf")
  assert config_of(tmp_path / "hf")["architectures"] == [architecture]
  found = formats.read(str(tmp_path / "hf"))
  expected = labels_of or ("sequence" if heads == ["classifier"] else None)
  assert found.labels_of == expected
  formats.write(found, "google", str(tmp_path / "google"))
  assert formats.read(str(tmp_path / "google")).labels_of == expected


def test_labels_go_through_a_google_checkpoint(tmp_path):
  model = made_up.model(
    ["classifier"], labels=("b", "a", "c"), labels_of="token"
  )
  formats.write(model, "google", str(tmp_path / "google"))
  write(formats.read(str(tmp_path / "google")), tmp_path / "hf")
  config = config_of(tmp_path / "hf")
  assert config["id2label"] == {"0": "b", "1": "a", "2": "c"}
  assert config["label2id"] == {"b": 0, "a": 1, "c": 2}


@pytest.mark.parametrize(
  "theirs, ours, back",
  [
    ("gelu", "gelu_erf", "gelu"),
    ("gelu_python", "gelu_erf", "gelu"),
    ("gelu_new", "gelu", "gelu_new"),
    ("gelu_pytorch_tanh", "gelu", "gelu_new"),
    ("gelu_fast", "gelu", "gelu_new"),
    ("relu", "relu", "relu"),
  ],
)
def test_gelus_are_told_apart(tmp_path, theirs, ours, back):
  write(made_up.model(), tmp_path / "hf")
  config = config_of(tmp_path / "hf") | {"hidden_act": theirs}
  (tmp_path / "hf" / "config.json").write_text(json.dumps(config))
  model = formats.read(str(tmp_path / "hf"))
  assert model.config.hidden_act == ours
  write(model, tmp_path / "back")
  assert config_of(tmp_path / "back")["hidden_act"] == back
  as_flag = bert_tf.BertConfig.from_json_file(tmp_path / "hf" / "config.json")
  assert as_flag == model.config  # so it may be given as --bert_config_file


def rewrite(folder, change):
  """Changes the tensors of a folder."""
  path = folder / "model.safetensors"
  tensors = change(safetensors.numpy.load_file(path))
  safetensors.numpy.save_file(tensors, path)


def test_old_names_prefixes_buffers_and_copies(tmp_path):
  model = made_up.model(["masked_lm", "next_sentence"])
  write(model, tmp_path / "hf")

  def older(tensors):
    for name in list(tensors):
      new = name.replace("LayerNorm.weight", "LayerNorm.gamma")
      new = new.replace("LayerNorm.bias", "LayerNorm.beta")
      tensors[new] = tensors.pop(name)
    table = tensors["bert.embeddings.word_embeddings.weight"]
    tensors["cls.predictions.decoder.weight"] = table.copy()
    bias = tensors["cls.predictions.bias"]
    tensors["cls.predictions.decoder.bias"] = bias.copy()
    tensors["bert.embeddings.position_ids"] = np.arange(9)[None]
    return tensors

  rewrite(tmp_path / "hf", older)
  made_up.assert_same_tensors(formats.read(str(tmp_path / "hf")), model)


def test_head_that_is_not_tied(tmp_path):
  write(made_up.model(["masked_lm"]), tmp_path / "hf")
  other = {"cls.predictions.decoder.weight": np.ones([20, 8], np.float32)}
  rewrite(tmp_path / "hf", lambda tensors: tensors | other)
  with pytest.raises(ValueError, match=r"decoder\.weight is not a copy of"):
    formats.read(str(tmp_path / "hf"))


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_half_precision_is_widened(tmp_path, dtype):
  model = made_up.model()
  write(model, tmp_path / "hf")
  rewrite(
    tmp_path / "hf",
    lambda tensors: {n: v.astype(dtype) for n, v in tensors.items()},
  )
  found = formats.read(str(tmp_path / "hf"))
  wanted = {
    n: v.astype(dtype).astype(np.float32) for n, v in model.tensors.items()
  }
  made_up.assert_same_tensors(found, dataclasses.replace(model, tensors=wanted))


def shard(folder):
  """Splits a folder's weights into two files with an index."""
  path = folder / "model.safetensors"
  tensors = safetensors.numpy.load_file(path)
  path.unlink()
  names = sorted(tensors)
  weight_map = {}
  for number, part in enumerate((names[::2], names[1::2]), 1):
    file = f"model-{number:05}-of-00002.safetensors"
    safetensors.numpy.save_file({n: tensors[n] for n in part}, folder / file)
    weight_map |= dict.fromkeys(part, file)
  index = folder / "model.safetensors.index.json"
  index.write_text(json.dumps({"weight_map": weight_map}))
  return index


def test_shards(tmp_path):
  model = made_up.model(["span"])
  write(model, tmp_path / "hf")
  index = shard(tmp_path / "hf")
  made_up.assert_same_tensors(formats.read(str(tmp_path / "hf")), model)
  values = json.loads(index.read_text())
  values["weight_map"]["more"] = "model-00001-of-00002.safetensors"
  index.write_text(json.dumps(values))
  with pytest.raises(ValueError, match=r"promises more; it is not here"):
    formats.read(str(tmp_path / "hf"))
  values["weight_map"]["more"] = "../../secret.safetensors"
  index.write_text(json.dumps(values))
  with pytest.raises(ValueError, match=r"expected safetensors files of this"):
    formats.read(str(tmp_path / "hf"))


def test_vocabulary_of_tokenizer_json(tmp_path):
  """Newer versions write no vocab.txt."""
  write(made_up.model(), tmp_path / "hf")
  for name in ("vocab.txt", "tokenizer_config.json"):
    (tmp_path / "hf" / name).unlink()
  vocab = {piece: index for index, piece in enumerate(made_up.VOCABULARY)}
  values = {
    "model": {"type": "WordPiece", "vocab": dict(sorted(vocab.items()))},
    "added_tokens": [{"id": 4, "content": "[MASK]"}],
    "normalizer": {"type": "BertNormalizer", "lowercase": False},
  }
  path = tmp_path / "hf" / "tokenizer.json"
  path.write_text(json.dumps(values))
  found = formats.read(str(tmp_path / "hf"))
  assert found.vocabulary == made_up.VOCABULARY
  assert found.rules == tokenizer_rules.TokenizerRules(lower_case=False)
  values["model"]["vocab"]["mat"] = 99
  path.write_text(json.dumps(values))
  with pytest.raises(ValueError, match="ids of the word pieces are not 0, 1"):
    formats.read(str(tmp_path / "hf"))


@pytest.mark.parametrize(
  "last, lower", [("日", True), ("Mat", False), ("[Mat]", True)]
)
def test_case_is_told_by_the_vocabulary(tmp_path, last, lower):
  """A Google checkpoint does not say it."""
  model = made_up.model(vocabulary=(*made_up.VOCABULARY[:-1], last), rules=None)
  write(model, tmp_path / "hf")
  assert formats.read(str(tmp_path / "hf")).rules.lower_case is lower
