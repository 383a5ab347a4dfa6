"""Every Unicode scalar value, and a great many random strings."""

import itertools

import pytest

from bert_tf.text import full_tokenizer, in_graph_tokenizer
from tests.text import in_graph_samples

SCALARS = 0x110000 - 0x800  # Code points without the surrogates.


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def both(request, uncased_vocab_file):
  """The tokenizer and its reference."""
  return (
    in_graph_tokenizer.InGraphTokenizer(uncased_vocab_file, request.param),
    full_tokenizer.FullTokenizer(uncased_vocab_file, request.param),
  )


def assert_same(both, texts):
  """The same words and the same ids.

  Words tell more: many odd ones are nothing but [UNK] to a vocabulary.
  """
  tokenizer, reference = both
  words = tokenizer.split(texts).values.numpy().tolist()
  joined = (b" " if isinstance(texts[0], bytes) else " ").join(texts)
  expected = reference.basic_tokenizer.tokenize(joined)
  assert [word.decode() for word in words] == expected
  found = tokenizer(texts).to_list()
  assert len(found) == len(texts)
  differing = [
    (text, ids)
    for text, ids in zip(texts, found, strict=True)
    if ids != reference.encode(text)
  ]
  assert not differing, (
    f"{len(differing)} of {len(texts)} differ, such as {differing[0]!r}"
  )


@pytest.mark.slow
@pytest.mark.parametrize(
  "around", ["{}", "a{}b", "{}b", "a{}"], ids=["alone", "in", "before", "after"]
)
def test_every_character(both, around):
  scalars = itertools.chain(range(0xD800), range(0xE000, 0x110000))
  texts = [around.format(chr(code)) for code in scalars]
  assert len(texts) == SCALARS == 1_112_064
  assert_same(both, texts)


@pytest.mark.slow
def test_random_strings(both):
  for seed in range(10):
    assert_same(both, in_graph_samples.strings(10_000, seed))


@pytest.mark.slow
def test_random_bytes(both):
  assert_same(both, in_graph_samples.broken(10_000, seed=20))


@pytest.mark.slow
@pytest.mark.parametrize(
  ("name", "lower"),
  [
    ("cased_28996", False),
    ("chinese_21128", True),
    ("multilingual_cased_119547", False),
  ],
)
def test_other_vocabularies(shared_vocab_dir, name, lower):
  path = shared_vocab_dir / f"{name}.txt"
  both = (
    in_graph_tokenizer.InGraphTokenizer(path, lower),
    full_tokenizer.FullTokenizer(path, lower),
  )
  assert_same(both, in_graph_samples.strings(5_000, seed=10))
  assert_same(both, in_graph_samples.broken(1_000, seed=11))
