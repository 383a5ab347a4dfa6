"""What is written is compared with what the library answers."""

import pytest

from bert_tf.export import export_check, export_settings, exporter
from tests.models import tiny
from tests.tasks.squad import goldens


def test_a_difference_is_said():
  """Of one signature alone."""
  module, reference = exporter.make(
    tiny.CONFIG,
    str(tiny.FOLDER / "bert_model.ckpt"),
    goldens.VOCAB,
    export_settings.ExportSettings("sentence", max_seq_length=48),
  )
  other = {
    "serving_default": lambda **texts: module.from_text(*texts.values()),
    "ids": lambda **ids: {"vector": module.from_ids(ids)["vector"] + 0.1},
  }
  with pytest.raises(
    RuntimeError, match=r"(?s)in 'vector'.*nothing was exported"
  ):
    export_check.check(other, module, reference)
