"""JSON that is none, or says what has no meaning, is refused with its place."""

import pytest

from bert_tf import bert_config
from bert_tf.system import json_text


def test_what_is_json():
  text = '{"a": [1, 2.5, "\\ud83d\\ude42 \\u00e9"], "b": null}'
  expected = {"a": [1, 2.5, "\U0001f642 \xe9"], "b": None}
  assert json_text.parse(text, "x.json") == expected


@pytest.mark.parametrize(
  "text, message",
  [
    ("{", "x.json: not a JSON file"),
    ("[" * 100_000, "x.json: not a JSON file"),
    ('{"a": NaN}', "found NaN, expected a finite number"),
    ('{"a": -Infinity}', "found -Infinity, expected a finite number"),
    ('{"a": 1e999}', "found 1e999, expected a finite number"),
    ('{"a": {"b": ["", "x\\ud800"]}}', r"x.json: a.b\[1\]: found '\\ud800'"),
    ('{"a\\udfff": 1}', r"x.json: a key of the object: found '\\udfff'"),
  ],
)
def test_what_is_refused(text, message):
  with pytest.raises(ValueError, match=message):
    json_text.parse(text, "x.json")


@pytest.mark.parametrize(
  "text, message",
  [
    ('{"vocab_size": 1e999}', "found 1e999"),
    ('{"vocab_size": 1' + "0" * 30 + "}", "is above 2147483647"),
    ('{"vocab_size": 9, "initializer_range": Infinity}', "found Infinity"),
  ],
)
def test_a_configuration_of_no_model(text, message, tmp_path):
  (tmp_path / "bert_config.json").write_text(text)
  with pytest.raises(ValueError, match=f"bert_config.json.*{message}"):
    bert_config.BertConfig.from_json_file(tmp_path / "bert_config.json")
