import dataclasses
import pickle

import pytest

import bert_tf
from bert_tf.text import full_tokenizer, tokenizer_protocol, tokenizer_rules

Rules = tokenizer_rules.TokenizerRules


def test_the_original_s():
  assert Rules() == Rules.from_lower_case(True) == Rules(strip_accents=True)
  cased = Rules.from_lower_case(False)
  assert cased == Rules(False) == Rules(False, strip_accents=False)
  assert (cased.lower_case, cased.strip_accents, cased.split_cjk) == (
    False,
    False,
    True,
  )
  assert Rules().max_input_chars_per_word == 200
  assert bert_tf.TokenizerRules is Rules


@pytest.mark.parametrize(
  "rules, original",
  [
    (Rules(), True),
    (Rules(False), True),
    (Rules(max_input_chars_per_word=100), True),
    (Rules(strip_accents=False), False),
    (Rules(False, strip_accents=True), False),
    (Rules(split_cjk=False), False),
  ],
)
def test_whose_words_they_are(rules, original):
  assert rules.has_original_words is original


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"lower_case": None}, "lower_case=None, expected true or false"),
    ({"lower_case": 1}, "lower_case=1, expected true or false"),
    ({"strip_accents": "no"}, "strip_accents='no', expected true or false"),
    ({"split_cjk": 0}, "split_cjk=0, expected true or false"),
    (
      {"max_input_chars_per_word": 0},
      "max_input_chars_per_word=0, expected a whole number above 0",
    ),
    (
      {"max_input_chars_per_word": True},
      "max_input_chars_per_word=True, expected a whole number above 0",
    ),
    (
      {"max_input_chars_per_word": 1.5},
      "max_input_chars_per_word=1.5, expected a whole number above 0",
    ),
  ],
)
def test_values_that_are_not_valid(changes, message):
  with pytest.raises(ValueError, match=message):
    Rules(**changes)


@pytest.mark.parametrize(
  "rules, stored",
  [
    (Rules(), {"do_lower_case": True}),
    (Rules(False), {"do_lower_case": False}),
    (
      Rules(False, True, False, 9),
      {
        "do_lower_case": False,
        "strip_accents": True,
        "tokenize_chinese_chars": False,
        "max_input_chars_per_word": 9,
      },
    ),
    (
      Rules(strip_accents=False),
      {"do_lower_case": True, "strip_accents": False},
    ),
  ],
)
def test_stored_and_read_again(rules, stored):
  assert rules.to_dict() == stored
  assert Rules(**tokenizer_rules.stated(stored | {"x": 1}, "f")) == rules


def test_stated_values_are_checked():
  assert tokenizer_rules.stated({"strip_accents": None}, "f") == {
    "strip_accents": None
  }
  with pytest.raises(
    ValueError, match=r"f\.json: a\.do_lower_case is None, expected true or"
  ):
    tokenizer_rules.stated({"do_lower_case": None}, "f.json", where="a.")


def test_merged():
  one = {"lower_case": True, "strip_accents": None}
  other = {"strip_accents": True, "split_cjk": False}
  assert tokenizer_rules.merged({"a": one, "b": other, "c": {}}) == {
    "lower_case": True,
    "strip_accents": True,
    "split_cjk": False,
  }
  with pytest.raises(
    ValueError, match="a and b contradict each other: strip_accents is True "
  ):
    tokenizer_rules.merged({"a": one, "b": {"strip_accents": False}})


def test_tokenizers_carry_them(tmp_path):
  path = tmp_path / "vocab.txt"
  path.write_text("[UNK]\né\ne\n中\n##文\n中文\n", encoding="utf-8")
  rules = Rules(strip_accents=False, split_cjk=False)
  tokenizer: tokenizer_protocol.Tokenizer = full_tokenizer.FullTokenizer(
    path, do_lower_case=False, rules=rules
  )
  assert tokenizer.rules is rules
  assert tokenizer.do_lower_case is True  # That of the rules.
  assert tokenizer.tokenize("É 中文") == ["é", "中文"]
  assert tokenizer.encode_many(["É 中文"])[0].tolist() == [1, 5]
  copy = pickle.loads(pickle.dumps(tokenizer))
  assert copy.rules == rules
  assert copy.tokenize("É 中文") == ["é", "中文"]
  usual = full_tokenizer.FullTokenizer(path)
  assert usual.tokenize("É 中文") == ["e", "中", "[UNK]"]


def test_no_rule_is_forgotten():
  """Each field has a name in files."""
  fields = {field.name for field in dataclasses.fields(Rules)}
  assert set(tokenizer_rules.STORED.values()) == fields
