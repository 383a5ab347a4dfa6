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
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(line_encoder, "_MAX_WORDS", 1)
    patch.setattr(line_encoder, "_MAX_BYTES", 40)
    patch.setattr(line_encoder, "_SHORT_WORDS", 30)
    encoder = line_encoder.LineEncoder(tokenizer)
    for block in blocks:
      text = " ".join(block)
      found = encoder.encode(text.encode())
      assert found.ids.tolist() == tokenizer.encode(text)
      assert found.counts.tolist() == [len(found.ids)]


def test_more_pieces_than_bytes(tokenizer, monkeypatch):
  # Only Python may find more ids than a word has bytes: the room must grow.
  monkeypatch.setattr(tokenizer, "compute_word_ids", lambda word: [7] * 500)
  encoder = line_encoder.LineEncoder(tokenizer)
  monkeypatch.setattr(line_encoder, "_MAX_BYTES", 8)
  encoder._words = line_encoder._no_words(1000, 8)
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
  found = line_encoder.LineEncoder(tokenizer).encode(b"x\n" + line + b"\ny")
  assert found.is_empty.tolist() == [False, is_empty, False]
  assert bool(line.decode().strip()) != is_empty


def test_threads(tokenizer, monkeypatch):
  monkeypatch.setattr(line_encoder, "_MAX_WORDS", 1)
  monkeypatch.setattr(line_encoder, "_SHORT_WORDS", 60)
  encoder = line_encoder.LineEncoder(tokenizer)
  texts = [f"caf\u00e9 number{i} {'x' * i} \u4e2d{i}" for i in range(200)]
  with concurrent.futures.ThreadPoolExecutor(8) as pool:
    found = list(pool.map(encoder.encode, [text.encode() for text in texts]))
  assert [f.ids.tolist() for f in found] == list(map(tokenizer.encode, texts))
