"""Files that TensorBoard's projector reads."""

import numpy as np
import pytest
from google.protobuf import text_format
from tensorboard.plugins.projector import projector_config_pb2

from bert_tf.tasks.vectors import line_vectors, projector_files, settings


def test_a_table_a_layer_and_the_texts(tmp_path):
  texts = ["one\tline", "  and\nanother "]
  rows = np.arange(12, dtype=np.float32).reshape(2, 2, 3) / 7
  with projector_files.writing(str(tmp_path), (-1, -2), texts) as write:
    for index in range(2):
      write(line_vectors.LineVectors(index, rows[index]))
  config = text_format.Parse(
    (tmp_path / "projector_config.pbtxt").read_text(),
    projector_config_pb2.ProjectorConfig(),
  )
  assert [x.tensor_name for x in config.embeddings] == ["layer_-1", "layer_-2"]
  for layer, shown in enumerate(config.embeddings):
    table = np.loadtxt(tmp_path / shown.tensor_path, delimiter="\t")
    np.testing.assert_allclose(table, rows[:, layer], rtol=1e-5)
    told = (tmp_path / shown.metadata_path).read_text()
    assert told == "one line\nand another\n"


def test_it_needs_one_vector_a_line():
  with pytest.raises(ValueError, match="choose a pooling"):
    settings.FeatureSettings("in", "out", "v", "c", projector_dir="p")
