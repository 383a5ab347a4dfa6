"""Whole texts, as a user of `InGraphTokenizer` sees them."""

import json
import shutil
import subprocess
import sys
import unicodedata

import pytest
import tensorflow as tf

import bert_tf
from bert_tf.text import (
  full_tokenizer,
  in_graph_tokenizer,
  vocabulary_file,
  word_spans,
)
from tests.text import in_graph_samples, reference


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def both(request, uncased_vocab_file):
  """The tokenizer and its reference."""
  return (
    bert_tf.InGraphTokenizer(uncased_vocab_file, request.param),
    full_tokenizer.FullTokenizer(uncased_vocab_file, request.param),
  )


@pytest.fixture(scope="module")
def uncased(uncased_vocab_file):
  return in_graph_tokenizer.InGraphTokenizer(uncased_vocab_file)


def test_what_the_original_gives(both, testdata):
  tokenizer, full = both
  kind = "uncased" if full.do_lower_case else "cased"
  with open(testdata / "tokenization.jsonl", encoding="utf-8") as reader:
    goldens = [json.loads(line) for line in reader]
  assert len(goldens) == 2044
  expected = [full.convert_tokens_to_ids(golden[kind]) for golden in goldens]
  found = tokenizer([golden["text"] for golden in goldens])
  assert found.dtype == tf.int32
  assert found.to_list() == expected


def test_each_text_of_a_batch_alone(both):
  """Plain and other texts side by side do not disturb each other."""
  tokenizer, full = both
  texts = ["plain", "", "Σ", "ΑΣ", "x\x00y", " ", "Σ", "中", "plain again", "é"]
  expected = [full.encode(text) for text in texts]
  for size in (1, 2, 3, len(texts)):
    for start in range(0, len(texts), size):
      found = tokenizer(texts[start : start + size])
      assert found.to_list() == expected[start : start + size]


@pytest.mark.parametrize("texts", [[], [""], ["\x00"], ["", "é"]])
def test_nothing(uncased, texts):
  found = uncased(tf.constant(texts, tf.string))
  assert found.to_list() == [[1041] if text else [] for text in map(_e, texts)]
  ids, starts, ends = uncased.tokenize_with_offsets(
    tf.constant(texts, tf.string)
  )
  assert ids.to_list() == found.to_list()
  assert starts.shape[0] == ends.shape[0] == len(texts)


def _e(text):
  return "e" if text == "é" else ""


def expected_offsets(text, vocabulary, lower):
  """Tokens with their places, from the plain rules."""
  words = [[]]  # the places of the characters of each word
  for place, char in enumerate(text):
    for part in _parts(char, lower):
      if part.isspace():
        words.append([])
      elif reference.is_sign(part):
        words += [[place], []]
      else:
        words[-1].append(place)
  found = []
  for word, places in zip(
    reference.words(text, lower), filter(None, words), strict=True
  ):
    assert len(word) == len(places)
    first = 0
    for piece in reference.pieces(word, vocabulary):
      size = len(piece) - 2 if first and piece != "[UNK]" else len(piece)
      end = len(word) if piece == "[UNK]" else first + size
      found.append((piece, places[first], places[end - 1] + 1))
      first = end
  return found


def _parts(char, lower):
  parts = reference.clean(char)
  return reference.plain(parts) if lower else parts


def assert_offsets(both, texts):
  tokenizer, full = both
  ids, starts, ends = tokenizer.tokenize_with_offsets(texts)
  assert ids.dtype == starts.dtype == ends.dtype == tf.int32
  for row in zip(
    texts, ids.to_list(), starts.to_list(), ends.to_list(), strict=True
  ):
    tokens = full.convert_ids_to_tokens(row[1])
    expected = expected_offsets(row[0], full.vocab, full.do_lower_case)
    assert list(zip(tokens, *row[2:], strict=True)) == expected, repr(row[0])


def test_offsets(both):
  assert_offsets(both, in_graph_samples.strings(6_000, seed=1))


def test_offsets_of_plain_text(both):
  texts = ["Unaffable, it's 3.50 $! ", "\t a\nb", "a" * 201 + " b", "[SEP]"]
  assert_offsets(both, texts)  # All plain: the other way through the graph.


def test_offsets_by_hand(uncased):
  text = b"\xff\xf0 \xe2\x82Caf\xc3\xa9 Cafe\xcc\x81s \xf0\x9f\x98\x80!"
  ids, starts, ends = uncased.tokenize_with_offsets([text])
  decoded = text.decode("utf-8", "ignore")
  assert [
    decoded[start:end]
    for start, end in zip(starts.to_list()[0], ends.to_list()[0], strict=True)
  ] == ["Café", "Cafe\u0301s", "\U0001f600", "!"]
  assert ids.to_list()[0][2] == uncased.unk_id


def test_words_stand_where_word_spans_finds_them(both):
  """Marks that change places share theirs in order, here and there."""
  tokenizer, full = both
  texts = in_graph_samples.strings(600, seed=2)
  ids, starts, ends = tokenizer.tokenize_with_offsets(texts)
  for text, row, first, last in zip(
    texts, ids.to_list(), starts.to_list(), ends.to_list(), strict=True
  ):
    found = []
    for token, start, end in zip(
      full.convert_ids_to_tokens(row), first, last, strict=True
    ):
      if token.startswith("##"):
        found[-1][1] = end
      else:
        found.append([start, end])
    spans = word_spans.find(text, full.basic_tokenizer)
    assert found == [[span.start, span.end] for span in spans], repr(text)


def test_split(both):
  tokenizer, full = both
  texts = ["", "Größe!", *in_graph_samples.strings(2_000, seed=5)]
  expected = [
    [word.encode() for word in full.basic_tokenizer.tokenize(text)]
    for text in texts
  ]
  assert tokenizer.split(texts).to_list() == expected


def test_words(both):
  tokenizer, full = both
  rows = [["Unaffable", "wörld", "", "don't"], [], ["a\nb", "\x00"], ["ΑΣ"]]
  found = tokenizer.tokenize_words(tf.ragged.constant(rows, dtype=tf.string))
  assert found.to_list() == [[full.encode(word) for word in r] for r in rows]


def test_in_a_dataset(both):
  tokenizer, full = both
  texts = in_graph_samples.strings(100, seed=3)
  batches = tf.data.Dataset.from_tensor_slices(texts).batch(32).map(tokenizer)
  found = [row for batch in batches for row in batch.to_list()]
  assert found == [full.encode(text) for text in texts]


_FRESH = """
import json, sys
import tensorflow as tf
import tensorflow_text
loaded = tf.saved_model.load("saved")
texts = json.load(open("texts.json"))
found = {
  "ids": loaded(tf.constant(texts)).to_list(),
  "offsets": [x.to_list() for x in loaded.tokenize_with_offsets(texts)],
  "words": loaded.tokenize_words(tf.ragged.constant([texts, []])).to_list(),
  "modules": [name for name in sys.modules if "bert_tf" in name],
}
json.dump(found, open("found.json", "w"))
"""


def test_in_a_saved_model(both, tmp_path, uncased_vocab_file):
  """In a fresh process, which has no vocabulary and no `bert_tf`."""
  _, full = both
  own_vocab = shutil.copy(uncased_vocab_file, tmp_path / "vocab.txt")
  tokenizer = in_graph_tokenizer.InGraphTokenizer(own_vocab, full.do_lower_case)
  tf.saved_model.save(tokenizer, str(tmp_path / "saved"))
  own_vocab.unlink()
  texts = [*in_graph_samples.strings(60, seed=4), "ΑΣ", "a" * 201, "plain"]
  (tmp_path / "texts.json").write_text(json.dumps(texts))
  subprocess.run([sys.executable, "-c", _FRESH], cwd=tmp_path, check=True)
  found = json.loads((tmp_path / "found.json").read_text())
  ids = [full.encode(text) for text in texts]
  assert found["modules"] == []
  assert found["ids"] == ids
  assert found["words"] == [ids, []]
  offsets = tokenizer.tokenize_with_offsets(texts)
  assert found["offsets"] == [part.to_list() for part in offsets]


def test_large_text(uncased, uncased_vocab_file):
  text = "Größe, ΣΑΣ und 한국: \u302e\u1b44 " * 40_000  # about a megabyte
  assert len(text.encode()) > 1_000_000
  full = full_tokenizer.FullTokenizer(uncased_vocab_file)
  assert uncased([text]).to_list() == [full.encode(text)]


def test_attributes(uncased):
  full_ids = (uncased.pad_id, uncased.unk_id, uncased.cls_id, uncased.sep_id)
  assert full_ids == (0, 100, 101, 102)
  assert uncased.mask_id == 103
  assert uncased.vocab_size == 30522
  assert uncased.do_lower_case


def test_vocabulary_without_special_tokens(tmp_path):
  path = tmp_path / "vocab.txt"
  path.write_text("[PAD]\n[UNK]\na\n")
  with pytest.raises(
    vocabulary_file.VocabularyError, match=r"vocab\.txt.*\[CLS\]"
  ):
    in_graph_tokenizer.InGraphTokenizer(path)


def test_a_batch_is_wanted(uncased):
  with pytest.raises(TypeError):
    uncased("one text")


def test_samples_are_hard():
  """What the samples are for does turn up in them."""
  text = "".join(in_graph_samples.strings(2_000, seed=0))
  assert "Σ" in text
  assert "\u0345" in text
  for kind in ("Mc", "Cf", "Zl", "Cn", "Co"):
    assert kind in map(unicodedata.category, text)
