"""Whole texts, as a user of `InGraphTokenizer` sees them."""

import json

import pytest

from bert_tf.text import full_tokenizer, in_graph


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def both(request, uncased_vocab_file):
  """The tokenizer and its reference."""
  return (
    in_graph.InGraphTokenizer(uncased_vocab_file, request.param),
    full_tokenizer.FullTokenizer(uncased_vocab_file, request.param),
  )


def test_what_the_original_gives(both, testdata):
  tokenizer, reference = both
  kind = "uncased" if reference.do_lower_case else "cased"
  with open(testdata / "tokenization.jsonl", encoding="utf-8") as reader:
    goldens = [json.loads(line) for line in reader]
  assert len(goldens) == 2044
  expected = [
    reference.convert_tokens_to_ids(golden[kind]) for golden in goldens
  ]
  assert tokenizer([golden["text"] for golden in goldens]).to_list() == expected
