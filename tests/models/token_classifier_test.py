import numpy as np
import pytest

import bert_tf
from bert_tf.checkpoints import checkpoint_reader, saver, variable_names
from bert_tf.models import token_classifier

INPUTS = {"input_ids": [[2, 7, 9, 3]]}


@pytest.fixture(scope="module")
def tiny(testdata):
  return testdata / "tiny"


def test_scores_each_token_by_the_head_s_variables(tiny):
  model = token_classifier.BertTokenClassifier.from_checkpoint(tiny, outputs=5)
  variables = variable_names.by_name(model.variables)
  bias = variables["output_bias"]
  bias.assign(np.arange(5))
  vectors = model.bert(INPUTS).sequence_output.numpy()
  weights = variables["output_weights"].numpy()  # [C, H]
  np.testing.assert_allclose(
    model(INPUTS), vectors @ weights.T + np.arange(5), atol=1e-5
  )


def test_a_pre_trained_checkpoint_gives_the_encoder(tiny):
  model = token_classifier.BertTokenClassifier.from_checkpoint(tiny, outputs=5)
  reader = checkpoint_reader.Reader(tiny / "bert_model.ckpt")
  for name, variable in variable_names.by_name(model.bert.variables).items():
    np.testing.assert_array_equal(variable, reader.read(name))
  with pytest.raises(ValueError, match="no variable output_weights"):
    token_classifier.BertTokenClassifier.from_checkpoint(tiny)


def test_a_fine_tuned_checkpoint_knows_its_outputs(tiny, tmp_path):
  model = token_classifier.BertTokenClassifier.from_checkpoint(tiny, outputs=3)
  prefix = str(tmp_path / "model.ckpt-1")
  saver.save(variable_names.by_name(model.variables), prefix)
  config = bert_tf.BertConfig.from_json_file(tiny / "bert_config.json")
  again = token_classifier.BertTokenClassifier.from_checkpoint(
    prefix, config=config
  )
  assert again.outputs == 3
  np.testing.assert_array_equal(again(INPUTS), model(INPUTS))
  with pytest.raises(ValueError, match=r"has \[3, 32\], the model \[4, 32\]"):
    token_classifier.BertTokenClassifier.from_checkpoint(
      prefix, outputs=4, config=config
    )


def test_an_encoder_that_is_not_whole_is_none(tiny, tmp_path):
  reader = checkpoint_reader.Reader(tiny / "bert_model.ckpt")
  kept = {n: reader.read(n) for n in reader.shapes if "layer_1" not in n}
  saver.save(kept, str(tmp_path / "bert_model.ckpt"))
  config = bert_tf.BertConfig.from_json_file(tiny / "bert_config.json")
  with pytest.raises(ValueError, match="16 variables of the model are not in"):
    token_classifier.BertTokenClassifier.from_checkpoint(
      tmp_path, outputs=2, config=config
    )
