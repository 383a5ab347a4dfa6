"""Settings of an export that cannot be."""

import pytest

from bert_tf.export import export_settings, model_types


@pytest.mark.parametrize(
  "model_type, changes, message",
  [
    ("sentences", {}, "model_type='sentences' is not known"),
    ("encoder", {"precision": "float8"}, "precision='float8' is not known"),
    ("sentence", {"pooling": "none"}, "'none' is not known.*mean, max, cls"),
    ("sentence", {"pooling": "sum"}, "pooling='sum' is not known"),
    ("span", {"doc_stride": 0}, "doc_stride=0 is below 1"),
    ("span", {"max_query_length": -5}, "max_query_length=-5 is below 1"),
    ("span", {"max_seq_length": 67}, "67 is not above 67, max_query_length"),
    ("encoder", {"max_seq_length": 2}, "max_seq_length=2 is not above 2"),
    ("encoder", {"labels": ("a",)}, "'encoder' has no labels, found a"),
    ("tagger", {"labels": ("a", "a")}, "a label is there twice: a, a"),
  ],
)
def test_errors(model_type, changes, message):
  with pytest.raises(ValueError, match=message):
    export_settings.ExportSettings(model_type, **changes)


def test_every_type_is_a_kind():
  assert set(model_types.KINDS) == set(export_settings.MODEL_TYPES)
