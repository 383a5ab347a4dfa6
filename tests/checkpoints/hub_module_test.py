"""Modules of TensorFlow Hub, of all forms, are the model they were made of."""

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import formats, hub_module
from tests.checkpoints import hub_modules
from tests.models import tiny

FORMS = {
  "tf1": (hub_modules.tf1, "tf1_hub"),
  "tf2_first": (hub_modules.tf2_first, "model_garden"),
  "tf2_later": (hub_modules.tf2_later, "model_garden"),
}


@pytest.fixture(scope="module", params=FORMS)
def module(request, tmp_path_factory):
  make, form = FORMS[request.param]
  return make(tmp_path_factory.mktemp("hub") / request.param), form


def test_it_is_the_model_it_was_made_of(module):
  folder, form = module
  assert formats.recognise(str(folder)) == form
  found = hub_module.find(str(folder))
  config = tiny.CONFIG
  for name in (
    *("vocab_size", "hidden_size", "num_hidden_layers", "intermediate_size"),
    *("num_attention_heads", "max_position_embeddings", "type_vocab_size"),
  ):
    assert getattr(found.config, name) == getattr(config, name), name
  assert found.config.hidden_act == "gelu"
  assert found.do_lower_case
  with open(found.vocab_file) as file:
    assert file.read() == hub_modules.VOCABULARY.read_text()
  _, tensors = hub_modules.model()
  reader = formats.reader(str(folder))
  for name, value in tensors.items():
    np.testing.assert_array_equal(reader.read(name), value, err_msg=name)
  model = bert_tf.BertModel.from_checkpoint(folder)
  inputs = tiny.encoder_batch()
  wanted = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)(inputs)
  np.testing.assert_array_equal(
    model(inputs).pooled_output, wanted.pooled_output
  )


@pytest.mark.parametrize("make", [hub_modules.tf1, hub_modules.tf2_first])
def test_the_case_is_the_module_s(make, tmp_path):
  make(tmp_path / "cased" / "3", lower_case=False)
  found = hub_module.find(str(tmp_path / "cased"))
  assert not found.do_lower_case
  assert found.folder == str(tmp_path / "cased" / "3")


def test_heads_that_are_not_told_are_of_64(tmp_path, warned):
  found = hub_module.find(str(hub_modules.tf1(tmp_path / "m", has_heads=False)))
  assert found.config.num_attention_heads == 1  # of 32
  assert any("does not tell its number of attention" in x for x in warned)


def test_what_is_no_module(tmp_path):
  with pytest.raises(ValueError, match=r"is a URL.*curl -L 'https://tfhub\.de"):
    hub_module.find("https://tfhub.dev/google/bert_uncased_L-12_H-768_A-12/1")
  (tmp_path / "notes.txt").write_text("x")
  with pytest.raises(FileNotFoundError, match=r"saved_model\.pb\), found note"):
    hub_module.find(str(tmp_path))
  root = tf.Module()
  root.table = tf.Variable(np.ones([3, 2], np.float32), name="elmo/table")
  tf.saved_model.save(root, str(tmp_path / "other"))
  with pytest.raises(
    ValueError, match="looked for an encoder of export_saved_model; a module"
  ):
    hub_module.find(str(tmp_path / "other"))


def test_a_module_without_a_vocabulary(tmp_path):
  folder = hub_modules.tf2_first(tmp_path / "module")
  (folder / "assets" / "vocab.txt").unlink()
  with pytest.raises(
    FileNotFoundError, match=r"expected vocab\.txt, found noth"
  ):
    hub_module.find(str(folder))
