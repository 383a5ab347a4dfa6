"""Windows over contexts: records equal to the original's."""

import pytest

import bert_tf
from bert_tf.tasks.squad import examples, reader, settings
from tests.tasks.squad import goldens


@pytest.fixture(scope="module")
def tokenizer():
  return bert_tf.FullTokenizer(goldens.VOCAB)


@pytest.mark.parametrize("version, count", [("v1", 665), ("v2", 747)])
@pytest.mark.parametrize("is_training", [True, False])
def test_records_are_the_original_s(
  tmp_path, tokenizer, version, count, is_training
):
  source = goldens.SQUAD / f"{version}.json"
  if is_training:
    questions = reader.read_for_training(source, version == "v2")
    questions = goldens.shuffled(questions)
  else:
    questions = reader.read_for_prediction(source)
  path = tmp_path / "records"
  made = examples.make(questions, tokenizer, goldens.WINDOWS, is_training)
  assert examples.write_records(str(path), made, 64, is_training) == count
  name = "train" if is_training else "eval"
  want = goldens.golden_records(f"{version}/{name}.tf_record")
  got = goldens.records_of(path.read_bytes())
  assert len(got) == len(want) == count
  for index, (ours, theirs) in enumerate(zip(got, want, strict=True)):
    assert ours == theirs, index


def check_decode_features(version, vocab_file):
  made, want, windows, _ = goldens.decode_case(version, vocab_file)
  columns = examples.columns(made, windows.max_seq_length)
  for name in examples.MODEL_INPUTS:
    assert columns[name].tolist() == want[name].tolist()
  assert [f.example_index for f in made] == want["example_index"].tolist()
  assert [f.window_index for f in made] == want["doc_span_index"].tolist()


def test_features_with_google_s_uncased_vocabulary(uncased_vocab_file):
  check_decode_features("v1", uncased_vocab_file)


def test_features_with_google_s_cased_vocabulary(shared_vocab_dir):
  check_decode_features("v2", str(shared_vocab_dir / "cased_28996.txt"))


def test_windows():
  assert examples.spans(10, 10, 3) == [(0, 10)]
  assert examples.spans(10, 4, 3) == [(0, 4), (3, 4), (6, 4)]
  assert examples.spans(11, 4, 3) == [(0, 4), (3, 4), (6, 4), (9, 2)]
  # A stride above the window leaves nothing out.
  assert examples.spans(10, 4, 9) == [(0, 4), (4, 4), (8, 2)]
  assert examples.spans(0, 4, 3) == []


@pytest.mark.parametrize(
  "tokens, room, stride",
  # In the second the last window is 106 tokens shorter: it loses more than 1.
  [(23, 8, 3), (450, 300, 128)],
)
def test_best_windows_by_definition(tokens, room, stride):
  spans = examples.spans(tokens, room, stride)
  best = examples.best_windows(tokens, spans)
  for token in range(tokens):
    scores = [
      min(token - start, start + length - 1 - token) + 0.01 * length
      if start <= token < start + length
      else -1
      for start, length in spans
    ]
    assert best[token] == scores.index(max(scores))


def make(tokenizer, context, question="when", answer=None, **changes):
  text = reader.Context(context)
  if answer is not None:
    first = context.index(answer)
    word = text.word_of_char
    end = first + len(answer)
    answer = reader.Answer(answer, word[first], word[end - 1], (first, end))
  example = reader.Example("q", question, text, answer)
  windows = settings.WindowSettings(
    **(
      {"max_seq_length": 64, "doc_stride": 24, "max_query_length": 20} | changes
    )
  )
  return list(examples.make([example], tokenizer, windows, True))


def test_answer_is_narrowed_to_its_tokens(tokenizer):
  (feature,) = make(tokenizer, "the mill (was) old", answer="was")
  span = feature.tokens[feature.start_position : feature.end_position + 1]
  assert span == ["was"]


def test_answer_within_a_piece_takes_the_words(tokenizer):
  (feature,) = make(tokenizer, "the clock tower", answer="loc")
  span = feature.tokens[feature.start_position : feature.end_position + 1]
  assert span == ["clock"]


def test_answer_outside_a_window_is_at_its_start(tokenizer):
  made = make(tokenizer, "the old clock " * 30, max_seq_length=44)
  assert len(made) > 2
  assert all(f.is_impossible for f in made)
  made = make(
    tokenizer,
    "the old clock " * 30 + "tower",
    answer="tower",
    max_seq_length=44,
  )
  positions = [(f.start_position, f.end_position) for f in made]
  assert set(positions[:-1]) == {(0, 0)}
  start, end = positions[-1]
  assert made[-1].tokens[start : end + 1] == ["tower"]
  assert [f.window_index for f in made] == list(range(len(made)))
  assert [f.unique_id for f in made] == [
    1000000000 + i for i in range(len(made))
  ]


def test_long_questions_are_cut(tokenizer):
  (feature,) = make(tokenizer, "the clock", question="the " * 50)
  assert feature.tokens == [
    "[CLS]",
    *["the"] * 20,
    "[SEP]",
    "the",
    "clock",
    "[SEP]",
  ]
  assert feature.segment_ids == [0] * 22 + [1] * 3


def test_a_context_without_tokens_has_no_window(tokenizer):
  assert make(tokenizer, " \n ") == []
  assert examples.columns([], 64)["input_ids"].shape == (0, 64)


@pytest.mark.parametrize(
  "values, message",
  [
    ((67, 128, 64), r"max_seq_length \(67\) must be greater than max_query"),
    ((64, 0, 20), "doc_stride=0 is below 1"),
    ((64, 24, 0), "max_query_length=0 is below 1"),
  ],
)
def test_wrong_settings(values, message):
  with pytest.raises(ValueError, match=message):
    settings.WindowSettings(*values)


def test_the_shortest_length_that_is_allowed():
  assert settings.WindowSettings(68, 128, 64).max_seq_length == 68
