import concurrent.futures

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_tf.text import full_tokenizer, line_encoder

WORDS = st.text(st.sampled_from("ab!#\u00e9\u4e2d"), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def tokenizer(uncased_vocab_file):
  return full_tokenizer.FullTokenizer(uncased_vocab_file)


@settings(max_examples=60, deadline=None)
@given(blocks=st.lists(st.lists(WORDS, max_size=30), max_size=12))
def test_a_full_table_is_emptied(tokenizer, blocks):
  encoder = tokenizer.line_encoder(max_words=1, max_bytes=40, short_words=30)
  for block in blocks:
    text = " ".join(block)
    found = encoder.encode(text.encode())
    assert found.ids.tolist() == tokenizer.encode(text)
    assert found.counts.tolist() == [len(found.ids)]


def test_more_pieces_than_bytes(tokenizer):
  # Only Python may find more ids than a word has bytes: the room must grow.
  encoder = line_encoder.LineEncoder(
    tokenizer.vocab,
    tokenizer.rules,
    encode_word=lambda word: [7] * 500,
    max_words=1000,
    max_bytes=8,
    short_words=10,
  )
  found = encoder.encode("\u00e9 b \u00e9".encode())
  assert found.ids.tolist() == [7] * 500 + tokenizer.encode("b") + [7] * 500


@pytest.mark.parametrize(
  ("line", "is_empty"),
  [
    (b"", True),
    (b" \t ", True),
    (b"\x0b \x1c\x1f", True),
    ("\u2028 \x85\u3000".encode(), True),
    (b"\x00", False),
    (b" \x01 \x0c", False),
    (b"a", False),
    ("\u200b".encode(), False),
  ],
)
def test_empty_lines(tokenizer, line, is_empty):
  found = tokenizer.line_encoder().encode(b"x\n" + line + b"\ny")
  assert found.is_empty.tolist() == [False, is_empty, False]
  assert bool(line.decode().strip()) != is_empty


def test_threads(tokenizer):
  encoder = tokenizer.line_encoder(max_words=1, short_words=60)
  texts = [f"caf\u00e9 number{i} {'x' * i} \u4e2d{i}" for i in range(200)]
  with concurrent.futures.ThreadPoolExecutor(8) as pool:
    found = list(pool.map(encoder.encode, [text.encode() for text in texts]))
  assert [f.ids.tolist() for f in found] == list(map(tokenizer.encode, texts))
