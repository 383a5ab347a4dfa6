"""What folders of each format tell of a model."""

import dataclasses
import json

import numpy as np
import pytest

import bert_tf
from bert_tf.checkpoints import (
  formats,
  model_folder,
  portable_model,
  run_metadata,
  saver,
)
from bert_tf.text import tokenizer_rules
from tests.checkpoints import made_up

LABELS = ("a", "b", "c")


@pytest.mark.parametrize("name", [one.name for one in formats.writable()])
@pytest.mark.parametrize("lower_case", [True, False])
def test_all_formats_tell_the_same(tmp_path, name, lower_case):
  rules = tokenizer_rules.TokenizerRules(lower_case=lower_case)
  model = made_up.model(
    ["classifier"],
    labels=LABELS,
    labels_of=portable_model.PER_SEQUENCE,
    rules=rules,
  )
  path = str(tmp_path / name)
  formats.write(model, name, path, allow_loss=True)
  folder = model_folder.ModelFolder(path)
  assert folder.do_lower_case == lower_case
  assert folder.config.hidden_size == made_up.CONFIG.hidden_size
  tokenizer = bert_tf.FullTokenizer(folder.vocab_file)
  assert tuple(tokenizer.vocab) == made_up.VOCABULARY
  if name in ("google", "huggingface"):  # Others have no place for labels.
    assert folder.labels == LABELS
  folder.check_labels_of(portable_model.PER_SEQUENCE)
  loaded = bert_tf.BertModel(folder.config)
  folder.load(loaded)
  np.testing.assert_array_equal(
    loaded.pooler.variables[0], model.tensors["bert/pooler/dense/kernel"]
  )
  with pytest.raises(ValueError, match="no variable cls/squad/output_bias: it"):
    folder.shape("cls/squad/output_bias")


def put_run(folder, kept=lambda name: True):
  """A runner's folder: a checkpoint, and what it says of itself."""
  tensors = made_up.model(["classifier"]).tensors
  saver.save(
    {name: value for name, value in tensors.items() if kept(name)},
    str(folder / "model.ckpt-3"),
  )
  run = run_metadata.RunMetadata("tagging", labels=LABELS)
  run_metadata.claim(str(folder), run)
  return run


def test_a_folder_of_a_run(tmp_path):
  run = put_run(tmp_path)
  vocab_file = tmp_path / "pieces.txt"
  vocab_file.write_text("\n".join(made_up.VOCABULARY) + "\n", "utf-8")
  with pytest.raises(FileNotFoundError, match=r"no bert_config\.json beside"):
    model_folder.ModelFolder(tmp_path, vocab_file=vocab_file)
  with pytest.raises(FileNotFoundError, match=r"no vocab\.txt beside .*ckpt-3"):
    model_folder.ModelFolder(tmp_path, made_up.CONFIG)
  folder = model_folder.ModelFolder(tmp_path, made_up.CONFIG, vocab_file)
  assert (folder.run, folder.labels) == (run, LABELS)
  assert folder.do_lower_case  # No piece has a capital letter.
  folder.check_labels_of(portable_model.PER_TOKEN)
  with pytest.raises(ValueError, match="labels are of each token, expected"):
    folder.check_labels_of(portable_model.PER_SEQUENCE)


def test_a_variable_that_is_missing(tmp_path):
  put_run(tmp_path, lambda name: "pooler" not in name)
  (tmp_path / "vocab.txt").write_text("[UNK]\n")
  folder = model_folder.ModelFolder(tmp_path, made_up.CONFIG)
  model = bert_tf.BertTokenClassifier(folder.config, 3)
  names = ("bert/pooler/dense/kernel", "bert/pooler/dense/bias")
  folder.load(model, names)
  with pytest.raises(ValueError, match=f"the checkpoint: {names[0]}"):
    folder.load(model, names[1:])


def test_the_run_counts_more_than_the_configuration(tmp_path):
  """That may be the one of the model that training started from."""
  put_run(tmp_path)
  (tmp_path / "vocab.txt").write_text("[UNK]\n")
  values = made_up.CONFIG.to_dict() | {"labels": ["x"], "labels_of": "sequence"}
  (tmp_path / "bert_config.json").write_text(json.dumps(values))
  folder = model_folder.ModelFolder(tmp_path)
  assert folder.labels == LABELS
  assert folder.labels_of == portable_model.PER_TOKEN
  assert dataclasses.replace(folder.config, extra={}) == made_up.CONFIG
