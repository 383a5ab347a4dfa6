"""SavedModels of tools/export_saved_model, read as checkpoints."""

import numpy as np
import pytest

import bert_tf
from bert_tf.checkpoints import formats, portable_model
from bert_tf.export import export_settings, exporter
from tests.checkpoints import made_up


def test_classifier(tmp_path):
  model = made_up.model(["classifier"])
  google = str(tmp_path / "google")
  formats.write(model, "google", google)
  folder = str(tmp_path / "export")
  exporter.export(
    model.config,
    google,
    f"{google}/vocab.txt",
    export_settings.ExportSettings(
      model_type="classifier", max_seq_length=9, labels=("a", "b", "c")
    ),
    folder,
  )
  assert formats.recognise(folder) == "saved_model"
  found = formats.read(f"{folder}/1")
  made_up.assert_same_tensors(found, model)
  assert found.config == model.config
  assert found.vocabulary == model.vocabulary
  assert found.labels == ("a", "b", "c") == formats.labels(folder)
  assert found.labels_of == portable_model.PER_SEQUENCE
  ids, mask, segments = made_up.batch()
  features = {"input_ids": ids, "input_mask": mask, "segment_ids": segments}
  again = bert_tf.BertClassifier.from_checkpoint(folder)
  first = bert_tf.BertClassifier.from_checkpoint(google)
  np.testing.assert_array_equal(again(features), first(features))
  (tmp_path / "export" / "1" / "assets" / "export.json").write_text("{")
  with pytest.raises(ValueError, match=r"export\.json: its SHA-256 is"):
    formats.read(folder)
  (tmp_path / "export" / "1" / "assets.extra" / "sha256.json").unlink()
  with pytest.raises(ValueError, match=r"export\.json: not a JSON file"):
    formats.read(folder)
