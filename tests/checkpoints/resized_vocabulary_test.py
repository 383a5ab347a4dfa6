"""Changing a vocabulary, and the rows with it."""

import dataclasses

import numpy as np
import pytest

from bert_tf.checkpoints import portable_model, resized_vocabulary
from bert_tf.text import tokenizer_rules
from tests.checkpoints import made_up

TABLE = "bert/embeddings/word_embeddings"
BIAS = "cls/predictions/output_bias"


def with_state(model):
  """The model with an optimizer's entries for the table of words."""
  rows = model.config.vocab_size
  state = {
    f"{TABLE}/adam_m": np.ones([rows, 8], np.float32),
    f"{BIAS}/adam_v": np.ones([rows], np.float32),
    "global_step": np.int64(3),
  }
  return dataclasses.replace(model, tensors=dict(model.tensors) | state)


def test_new_rows_are_truncated_normal_and_all_is_of_one_size():
  model = with_state(made_up.model(["masked_lm"]))
  found = resized_vocabulary.resize(model, 2020, seed=7)
  assert found.config.vocab_size == 2020
  portable_model.check(found)
  portable_model.check_vocabulary(found)
  assert found.vocabulary[:20] == made_up.VOCABULARY
  assert found.vocabulary[20:22] == ("[unused2]", "[unused3]")
  new = found.tensors[TABLE][20:]
  assert new.dtype == np.float32
  assert np.abs(new).max() <= 2 * model.config.initializer_range
  # Standard deviation of a normal distribution cut at two.
  np.testing.assert_allclose(new.std(), 0.02 * 0.8796, rtol=0.02)
  np.testing.assert_array_equal(found.tensors[TABLE][:20], model.tensors[TABLE])
  np.testing.assert_array_equal(found.tensors[BIAS][20:], np.zeros(2000))
  for name in (f"{TABLE}/adam_m", f"{BIAS}/adam_v"):
    assert found.tensors[name].shape[0] == 2020
    np.testing.assert_array_equal(found.tensors[name][20:], 0)
  again = resized_vocabulary.resize(model, 2020, seed=7)
  other = resized_vocabulary.resize(model, 2020, seed=8)
  np.testing.assert_array_equal(again.tensors[TABLE], found.tensors[TABLE])
  assert (other.tensors[TABLE] != found.tensors[TABLE]).any()


def test_rows_without_words_are_cut():
  model = made_up.model(["masked_lm"], vocabulary=made_up.VOCABULARY[:18])
  found = resized_vocabulary.resize(model, 18, seed=0)
  portable_model.check(found)
  portable_model.check_vocabulary(found)
  np.testing.assert_array_equal(found.tensors[TABLE], model.tensors[TABLE][:18])
  with pytest.raises(ValueError, match=r"would cut words: .* has 18"):
    resized_vocabulary.resize(model, 17, seed=0)
  unknown = made_up.model(vocabulary=None)
  with pytest.raises(ValueError, match=r"no vocab\.txt to tell"):
    resized_vocabulary.resize(unknown, 19, seed=0)
  assert resized_vocabulary.resize(unknown, 21, seed=0).config.vocab_size == 21


def test_tokens_take_unused_places_first():
  model = made_up.model(["masked_lm"])
  found = resized_vocabulary.add_tokens(
    model, ["dog", "##dog", "fox", "æ"], seed=0
  )
  assert found.vocabulary[5:7] == ("dog", "##dog")
  assert found.vocabulary[20:] == ("fox", "æ")
  portable_model.check(found)
  portable_model.check_vocabulary(found)
  np.testing.assert_array_equal(found.tensors[TABLE][:20], model.tensors[TABLE])
  one = resized_vocabulary.add_tokens(model, ["dog"], seed=0)
  made_up.assert_same_tensors(one, model)


@pytest.mark.parametrize(
  "tokens, changes, message",
  [
    (["new york"], {}, "'new york' is empty or has white space"),
    ([""], {}, "'' is empty"),
    (["cat"], {}, "'cat' is there already"),
    (["dog", "dog"], {}, "'dog' is there already, or given twice"),
    (["Dog"], {}, "'Dog' has capital letters"),
    (["dog"], {"vocabulary": None}, "no vocabulary to add to"),
  ],
)
def test_tokens_that_cannot_be_added(tokens, changes, message):
  with pytest.raises(ValueError, match=message):
    resized_vocabulary.add_tokens(made_up.model(**changes), tokens, seed=0)


def test_capital_letters_of_a_cased_model():
  model = made_up.model(rules=tokenizer_rules.TokenizerRules(lower_case=False))
  assert resized_vocabulary.add_tokens(model, ["Dog"], 0).vocabulary[5] == "Dog"


def test_slots_that_may_not_be_cut_like_the_table():
  """Adafactor keeps a row and a column of the table, for one."""
  slot = "bert/embeddings/word_embeddings/c"
  model = made_up.model()
  tensors = dict(model.tensors) | {slot: np.zeros(8, np.float32)}
  model = dataclasses.replace(model, tensors=tensors)
  with pytest.raises(ValueError, match=rf"{slot} is of .*--strip_optimizer"):
    resized_vocabulary.resize(model, 24, seed=0)
  same = resized_vocabulary.resize(model, 20, seed=0)
  assert slot in same.tensors
