"""A small model out of some layers of a large one."""

import numpy as np
import pytest

from bert_tf.checkpoints import (
  checkpoint_reader,
  formats,
  layer_selection,
  portable_model,
)
from tests.checkpoints import made_up


def test_layers_in_the_order_that_is_given(tmp_path):
  model = made_up.model(made_up.ALL_HEADS)
  small = layer_selection.selected(model, (1,))
  assert small.config.num_hidden_layers == 1
  portable_model.check(small)
  name = "bert/encoder/layer_{}/output/dense/kernel"
  np.testing.assert_array_equal(
    small.tensors[name.format(0)], model.tensors[name.format(1)]
  )
  assert small.tensors["output_bias"] is model.tensors["output_bias"]

  formats.write(model, "google", str(tmp_path / "google"))
  reader = layer_selection.SelectedLayers(
    checkpoint_reader.Reader(tmp_path / "google"), (1, 0, 1)
  )
  assert reader.config().num_hidden_layers == 3
  for new, old in enumerate((1, 0, 1)):
    np.testing.assert_array_equal(
      reader.read(name.format(new)), model.tensors[name.format(old)]
    )
    assert reader.shapes[name.format(new)] == (12, 8)
  assert name.format(3) not in reader.shapes


def test_a_layer_that_is_not_there():
  with pytest.raises(
    ValueError, match="layer 2 of 0,2 is out of range: made up has 2 layers"
  ):
    layer_selection.selected(made_up.model(), (0, 2))
