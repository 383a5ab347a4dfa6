"""Answers by character offsets: exact in every language, there and back."""

import itertools
import json

import numpy as np
import pytest

import bert_tf
from bert_tf.models import span_labeler
from bert_tf.tasks.squad import (
  answer_ceiling,
  answer_decoder,
  examples,
  predictor,
  reader,
  settings,
)
from bert_tf.text import basic_tokenizer, piece_spans
from tests.tasks.squad import goldens

TEXTS = goldens.TESTDATA / "questions.csv"
LANGUAGES = ("ko", "ja", "th", "hi", "ar", "zh", "la")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# Texts as small as these fit, and are cut into several windows.
WINDOWS = settings.WindowSettings(80, 16, 30)


@pytest.fixture(scope="module")
def questions():
  found = {}
  for one in reader.read_for_training(TEXTS, False):
    found.setdefault(one.id[:2], []).append(one)
  assert set(found) == set(LANGUAGES)
  return found


@pytest.fixture(scope="module")
def characters(tmp_path_factory):
  """Tokenizers whose pieces are single letters; by lower case or not."""
  found = {}
  for lower in (False, True):
    basic = basic_tokenizer.BasicTokenizer(lower)
    words = basic.tokenize(TEXTS.read_text("utf-8"))
    letters = sorted(set(itertools.chain.from_iterable(words)))
    path = tmp_path_factory.mktemp("characters") / "vocab.txt"
    pieces = [*SPECIAL, *letters, *(f"##{x}" for x in letters)]
    path.write_text("\n".join(pieces) + "\n", "utf-8")
    found[lower] = bert_tf.FullTokenizer(path, lower)
  return found


def wrong(asked, tokenizer, alignment):
  found = answer_ceiling.returned(asked, tokenizer, WINDOWS, alignment)
  assert len(found) == len(asked)
  return [x for x in found if x.text != x.wanted and not x.has_unknown]


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_right_answer_comes_back(questions, characters, language, lower):
  asked, tokenizer = questions[language], characters[lower]
  assert wrong(asked, tokenizer, "offsets") == []


def test_the_original_s_rule_loses_answers(questions, characters):
  """Else the test above would show nothing."""
  lost = {
    (language, lower)
    for language in LANGUAGES
    for lower in (False, True)
    if wrong(questions[language], characters[lower], "original")
  }
  assert {("ko", True), ("th", True), ("hi", True), ("ar", True)} <= lost


@pytest.mark.parametrize(
  "name, lower",
  [
    ("uncased_30522", True),
    ("cased_28996", False),
    ("chinese_21128", True),
    ("multilingual_cased_119547", False),
  ],
)
def test_google_s_vocabularies(questions, shared_vocab_dir, name, lower):
  """All that their pieces can say comes back; two join a word and its end."""
  path = shared_vocab_dir / f"{name}.txt"
  tokenizer = bert_tf.FullTokenizer(path, lower)
  joined = []
  for language in LANGUAGES:
    for one in questions[language]:
      found = wrong([one], tokenizer, "offsets")
      if has_borders(one, tokenizer):
        assert found == [], one.id
      elif found:  # and no [UNK], which stands for a whole word
        joined += [one.answer.text]
  assert joined == (["1847년", "검은바위"] if "multi" in name else [])


def has_borders(one, tokenizer):
  """Whether some piece begins and some piece ends where the answer does."""
  text = one.context.text
  first, end = one.answer.characters
  places = piece_spans.find(text, tokenizer)
  ends = {piece_spans.past_marks(text, x.end, tokenizer.rules) for x in places}
  return first in {x.start for x in places} and end in ends


def tokens_of(one, characters):
  windowing = settings.WindowSettings(384, 128, 64)
  (window,) = examples.make(
    [one], characters, windowing, True, alignment="offsets"
  )
  first, last = window.start_position, window.end_position
  return window.tokens[first : last + 1]


def test_training_spans_are_the_answer_s_tokens(questions, characters):
  asked = {x.answer.text: x for x in questions["ko"]}
  found = tokens_of(asked["한도연"], characters[False])
  assert found == ["한", "##도", "##연"]
  letters = tokens_of(asked["한도연"], characters[True])
  assert "".join(letters).replace("##", "") == "\u1112\u1161\u11ab" + (
    "\u1103\u1169\u110b\u1167\u11ab"
  )


def test_an_answer_within_a_piece_takes_the_piece(tmp_path):
  path = tmp_path / "vocab.txt"
  path.write_text("\n".join([*SPECIAL, "한도연은", "누구", "?"]) + "\n")
  tokenizer = bert_tf.FullTokenizer(path, False)
  (one,) = read_rows(tmp_path, "한도연은", "한도연")
  assert tokens_of(one, tokenizer) == ["한도연은"]
  assert wrong([one], tokenizer, "offsets")[0].text == "한도연은"


def read_rows(tmp_path, context, answer, start=None):
  row = {"context": context, "question": "?", "answer": answer}
  path = tmp_path / "row.jsonl"
  path.write_text(json.dumps(row | ({"answer_start": start} if start else {})))
  return reader.read_for_training(path, False)


def test_the_answer_that_is_meant_of_several(tmp_path, characters):
  """The original's rule takes the first that reads alike in the words."""
  text = "1802-1802(1802)"
  (one,) = read_rows(tmp_path, text, "1802", 10)
  windowing = settings.WindowSettings(64, 24, 20)
  for alignment, first in (("original", 3), ("offsets", 13)):
    (window,) = examples.make(
      [one], characters[False], windowing, True, alignment=alignment
    )
    assert window.start_position == first


def test_an_answer_of_dropped_characters_takes_its_words(tmp_path, characters):
  text = "a \u0301\u0302b c"
  (one,) = read_rows(tmp_path, text, "\u0301\u0302", 2)
  assert tokens_of(one, characters[True]) == ["b"]


def test_where_white_space_differs_the_words_are_taken(tmp_path):
  (one,) = read_rows(tmp_path, "an  old\nmill, sold", "old mill", 4)
  assert one.answer.characters == (4, 13)
  (one,) = read_rows(tmp_path, "an old mill, sold", "ill", 7)
  assert one.answer.characters == (8, 11)


def test_nbest_are_parts_of_the_text(questions, characters):
  """As they stand, each once; with the original's rule some do not."""
  asked = questions["hi"]
  tokenizer = characters[True]
  made = list(examples.make(asked, tokenizer, WINDOWS))
  rng = np.random.default_rng(4)
  shape = (len(made), WINDOWS.max_seq_length)
  logits = [rng.normal(size=shape).astype(np.float32) for _ in range(2)]
  decoding = settings.DecodingSettings(answer_alignment="offsets")
  decoded = answer_decoder.decode(asked, made, *logits, decoding)
  for one in asked:
    texts = [x.text for x in decoded[one.id].nbest]
    assert len(set(texts)) == len(texts) > 5
    assert all(text in one.context.text for text in texts)
    assert decoded[one.id].answer == texts[0]


def test_a_run_records_its_alignment(tmp_path, monkeypatch):
  """It is gone on with, predicts and exports as it was trained."""
  source = goldens.small_file(tmp_path / "train.json")
  offsets = settings.DecodingSettings(answer_alignment="offsets")
  out = tmp_path / "out"
  short = {"tuning": {"num_train_epochs": 0.5}}
  goldens.train(out, source, decoding=offsets, **short)
  told = json.loads((out / "task.json").read_text())
  assert told["settings"]["answer_alignment"] == "offsets"
  original = settings.DecodingSettings(answer_alignment="original")
  with pytest.raises(ValueError, match="answer_alignment was offsets, and is"):
    goldens.train(out, source, decoding=original, **short)
  config = bert_tf.BertConfig.from_json_file(goldens.CONFIG)
  answerer = predictor.QuestionAnswerer.from_checkpoint(
    out, config=config, vocab_file=goldens.VOCAB
  )
  assert answerer.decoding.answer_alignment == "offsets"
  used = []
  decode = answer_decoder.decode
  monkeypatch.setattr(
    answer_decoder,
    "decode",
    lambda *args: used.append(args[4].answer_alignment) or decode(*args),
  )
  for decoding in (settings.DecodingSettings(), original):
    goldens.run_squad(
      out,
      tuning={"init_checkpoint": None},
      predict_file=source,
      decoding=decoding,
    )
  assert used == ["offsets", "original"]


def test_an_answerer_by_offsets():
  """Spans that the original's rule takes for their whole words."""
  config = bert_tf.BertConfig.from_json_file(goldens.CONFIG)
  model = span_labeler.BertSpanLabeler.from_checkpoint(
    goldens.CHECKPOINTS["v2"], config=config
  )
  tokenizer = bert_tf.FullTokenizer(goldens.VOCAB)
  text = "cafe\u0301s, in 1802, (mills)."
  by_words, by_offsets = (
    predictor.QuestionAnswerer(model, tokenizer, answer_alignment=alignment)(
      [("when", text)]
    )[0]
    for alignment in (None, "offsets")
  )
  assert all(x.text in text for x in by_offsets.nbest)
  assert [x.text for x in by_offsets.nbest] != [x.text for x in by_words.nbest]


def test_an_unknown_alignment():
  with pytest.raises(ValueError, match="answer_alignment='words', expected on"):
    settings.DecodingSettings(answer_alignment="words")
