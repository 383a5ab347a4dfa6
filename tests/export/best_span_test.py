"""Answers chosen by TensorFlow ops equal those chosen in Python."""

import json

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.export import answer_text, export_settings, span_module
from bert_tf.models import span_labeler
from bert_tf.tasks.squad import answer_decoder, final_text, reader
from bert_tf.tasks.squad import settings as squad_settings
from bert_tf.text import piece_spans
from tests.tasks.squad import final_text_test, goldens
from tests.text import in_graph_samples


class _GivenLogits(span_module.SpanAnswerer):
  """Answers by scores that are given, window after window."""

  def _logits(self, inputs):
    shape = inputs["input_ids"].shape
    assert self.given[0].shape == shape
    return [tf.constant(x) for x in self.given]


def check_decoded(version, vocab_file):
  """The best answers to the golden logits are the original's."""
  flags = json.loads(
    (goldens.SQUAD / f"decode_{version}/flags.json").read_text()
  )
  logits = np.load(goldens.SQUAD / f"decode_{version}/logits.npz")
  settings = export_settings.ExportSettings(
    "span",
    do_lower_case=flags["do_lower_case"],
    max_seq_length=flags["max_seq_length"],
    doc_stride=flags["doc_stride"],
    max_query_length=flags["max_query_length"],
    n_best_size=flags["n_best_size"],
    max_answer_length=flags["max_answer_length"],
    version_2_with_negative=flags["version_2_with_negative"],
    null_score_diff_threshold=flags["null_score_diff_threshold"],
    pad_windows=True,
  )
  tokenizer = bert_tf.InGraphTokenizer(vocab_file, settings.do_lower_case)
  pieces = list(bert_tf.FullTokenizer(vocab_file).vocab)
  config = bert_tf.BertConfig.from_json_file(goldens.CONFIG)
  answerer = _GivenLogits(
    span_labeler.BertSpanLabeler(config), tokenizer, settings, pieces
  )
  answerer.given = [
    logits[name].astype(np.float32) for name in ("start", "end")
  ]
  examples = reader.read_for_prediction(goldens.SQUAD / f"{version}.json")
  contexts = [example.context.text for example in examples]
  found = answerer.from_text(
    tf.constant([example.question for example in examples]),
    tf.constant(contexts),
  )
  want = json.loads(goldens.text_of(f"decode_{version}/predictions.json"))
  given = [answer.decode() for answer in found["answer"].numpy()]
  assert given == [want[example.id] for example in examples]
  for answer, context, start, end in zip(
    given, contexts, found["start"].numpy(), found["end"].numpy(), strict=True
  ):
    if answer:
      part = reader.Context(context[start:end])
      assert " ".join(part.words) == answer
    else:
      assert (start, end) == (-1, -1)
  if version == "v2":
    odds = json.loads(goldens.text_of("decode_v2/null_odds.json"))
    np.testing.assert_allclose(
      found["null_odds"], [odds[x.id] for x in examples], rtol=1e-6, atol=1e-4
    )


def test_golden_logits_uncased(uncased_vocab_file):
  check_decoded("v1", uncased_vocab_file)


def test_golden_logits_cased_v2(shared_vocab_dir):
  check_decoded("v2", str(shared_vocab_dir / "cased_28996.txt"))


@pytest.fixture(scope="module")
def tokenizer(testdata):
  return bert_tf.InGraphTokenizer(testdata / "vocab.txt")


def test_final_text(tokenizer):
  """Words of a context, with odd spaces around and within."""
  python = final_text.FinalText(bert_tf.TokenizerRules())
  cases = [
    (pieces, words)
    for pieces, words, _ in final_text_test.CASES
    if " " not in words  # else the place of the pieces would tell
  ]
  cases += [
    ("steve smith ' s", "Steve\t\u202fSmith's"),
    ("a b c", "A  b\n\nC"),
    ("##", "a##b"),
    ("a a", "aa a a"),
    ("", "nothing"),
    ("σας", "ΣΑΣ."),
  ]
  contexts = [f"x  {words}\ty" for _, words in cases]
  ends = [3 + len(words) for _, words in cases]
  found = answer_text.project(
    tf.constant(contexts),
    tf.fill([len(cases)], 3),
    tf.constant(ends),
    tf.constant([pieces for pieces, _ in cases]),
    tokenizer.split,
  )
  for row, (pieces, words) in enumerate(cases):
    joined = " ".join(reader.Context(words).words)
    want = python(pieces, joined) if pieces else joined
    assert found.text[row].numpy().decode() == want, (pieces, words)
    start, end = int(found.start[row]), int(found.end[row])
    part = reader.Context(contexts[row][start:end])
    assert " ".join(part.words) == want


def test_random_words(tokenizer):
  random = np.random.default_rng(5)
  python = final_text.FinalText(bert_tf.TokenizerRules())
  alphabet = list("abAB.-é\u0130\uac01\u00ad\u0301 \t")
  contexts, pieces, starts, ends, wanted = [], [], [], [], []
  while len(contexts) < 300:
    context = "".join(random.choice(alphabet, size=12))
    words = reader.Context(context).words
    tokens = tokenizer.split([" ".join(words)])[0].numpy().tolist()
    if not tokens:
      continue
    first = int(random.integers(len(words)))
    last = int(random.integers(first, len(words)))
    part = " ".join(words[first : last + 1])
    chosen = tokenizer.split([part])[0].numpy().tolist()
    if not chosen:
      continue
    left = int(random.integers(len(chosen)))
    text = b" ".join(chosen[left : left + int(random.integers(1, 4))]).decode()
    of_char = reader.Context(context).word_of_char
    contexts.append(context)
    pieces.append(text)
    solid = [i for i, c in enumerate(context) if c not in " \t"]
    starts.append(next(i for i in solid if of_char[i] == first))
    ends.append(1 + next(i for i in reversed(solid) if of_char[i] == last))
    wanted.append(python(text, part))
  found = answer_text.project(
    tf.constant(contexts),
    tf.constant(starts),
    tf.constant(ends),
    tf.constant(pieces),
    tokenizer.split,
  )
  assert [x.decode() for x in found.text.numpy()] == wanted


@pytest.mark.parametrize("lower", [True, False])
def test_spans_by_offsets(testdata, lower):
  """Spans of random pieces of hard texts, with the marks after them."""
  tokenizer = bert_tf.InGraphTokenizer(testdata / "vocab.txt", lower)
  texts = [
    "cafe\u0301 cafe\u0301\u0301s",
    "कमुं क हिन्दी",
    "น้ำ ที่นี่",
    "",
    *in_graph_samples.strings(300, seed=9),
  ]
  _, starts, ends = tokenizer.tokenize_with_offsets(texts)
  random = np.random.default_rng(6)
  first, last = [], []
  for row_starts, row_ends in zip(
    starts.to_list(), ends.to_list(), strict=True
  ):
    at = int(random.integers(len(row_starts))) if row_starts else None
    first.append(0 if at is None else row_starts[at])
    last.append(0 if at is None else row_ends[at])
  found = answer_text.between(
    tf.constant(texts), tf.constant(first), tf.constant(last), tokenizer.rules
  )
  moved = 0
  for row, text in enumerate(texts):
    end = piece_spans.past_marks(text, last[row], tokenizer.rules)
    moved += end > last[row]
    assert int(found.end[row]) == end, repr(text)
    assert found.text[row].numpy().decode() == text[first[row] : end]
  assert bool(moved) == lower


def test_golden_logits_by_offsets(uncased_vocab_file):
  """The graph's answers are the library's, and stand where it says."""
  made, _, windows, _ = goldens.decode_case("v1", uncased_vocab_file)
  logits = np.load(goldens.SQUAD / "decode_v1/logits.npz")
  rows = [logits[name].astype(np.float32) for name in ("start", "end")]
  questions = reader.read_for_prediction(goldens.SQUAD / "v1.json")
  decoding = squad_settings.DecodingSettings(answer_alignment="offsets")
  want = answer_decoder.decode(questions, made, *rows, decoding)
  settings = export_settings.ExportSettings(
    "span",
    max_seq_length=windows.max_seq_length,
    doc_stride=windows.doc_stride,
    max_query_length=windows.max_query_length,
    answer_alignment="offsets",
    pad_windows=True,
  )
  answerer = _GivenLogits(
    span_labeler.BertSpanLabeler(
      bert_tf.BertConfig.from_json_file(goldens.CONFIG)
    ),
    bert_tf.InGraphTokenizer(uncased_vocab_file),
    settings,
    list(bert_tf.FullTokenizer(uncased_vocab_file).vocab),
  )
  answerer.given = rows
  contexts = [x.context.text for x in questions]
  found = answerer.from_text(
    tf.constant([x.question for x in questions]), tf.constant(contexts)
  )
  given = [x.decode() for x in found["answer"].numpy()]
  assert given == [want[x.id].answer for x in questions]
  for answer, context, start, end in zip(
    given, contexts, found["start"].numpy(), found["end"].numpy(), strict=True
  ):
    assert context[start:end] == answer
