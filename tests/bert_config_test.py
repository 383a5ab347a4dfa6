"""BertConfig."""

import json

import pytest

import bert_tf

CHINESE = {  # the further keys of Google's Chinese model
  "directionality": "bidi",
  "pooler_fc_size": 768,
  "pooler_type": "first_token_transform",
}


def test_defaults_are_the_original_s():
  config = bert_tf.BertConfig(vocab_size=30522)
  assert config.to_dict() == {
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "max_position_embeddings": 512,
    "type_vocab_size": 16,
    "initializer_range": 0.02,
  }
  assert config.head_size == 64


def test_round_trip_keeps_unknown_keys(tmp_path):
  path = tmp_path / "bert_config.json"
  values = bert_tf.BertConfig(vocab_size=7).to_dict() | CHINESE
  path.write_text(json.dumps(values))
  config = bert_tf.BertConfig.from_json_file(path)
  assert json.loads(config.to_json_string()) == values


def test_no_dropout():
  config = bert_tf.BertConfig.from_dict(
    {"vocab_size": 7, "hidden_dropout_prob": None}
  )
  assert config.hidden_dropout_prob == 0
  assert config.without_dropout().attention_probs_dropout_prob == 0


@pytest.mark.parametrize(
  "change, message",
  [
    ({"hidden_size": 770}, "hidden_size=770 is not a multiple of"),
    ({"vocab_size": 0}, "vocab_size=0 is not a whole number from 1 up"),
    ({"vocab_size": None}, "vocab_size is missing"),
    ({"num_hidden_layers": 1.5}, "num_hidden_layers=1.5 is not a whole"),
    ({"hidden_act": "swish"}, "hidden_act='swish' is not known"),
    ({"hidden_dropout_prob": 1.0}, "hidden_dropout_prob=1.0 is not a prob"),
    ({"initializer_range": 0}, "initializer_range=0 is not above 0"),
    ({"type_vocab_size": "2"}, "type_vocab_size='2' is not a whole number"),
  ],
)
def test_errors_name_file_and_setting(tmp_path, change, message):
  path = tmp_path / "bert_config.json"
  path.write_text(json.dumps({"vocab_size": 30522} | change))
  with pytest.raises(ValueError, match=message) as error:
    bert_tf.BertConfig.from_json_file(path)
  assert str(path) in str(error.value)


@pytest.mark.parametrize(
  "text, message", [("{", "not a JSON file"), ("[1]", "expected a JSON object")]
)
def test_not_a_configuration(tmp_path, text, message):
  path = tmp_path / "bert_config.json"
  path.write_text(text)
  with pytest.raises(ValueError, match=message):
    bert_tf.BertConfig.from_json_file(path)


def test_missing_file(tmp_path):
  with pytest.raises(FileNotFoundError, match=r"nothing.json"):
    bert_tf.BertConfig.from_json_file(tmp_path / "nothing.json")
