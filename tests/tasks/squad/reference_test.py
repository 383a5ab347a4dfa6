"""Records against plain Python, question by question."""

import json

import pytest

from bert_tf.tasks.squad import examples, reader, settings
from bert_tf.text import full_tokenizer
from tests.tasks.squad import reference

CONTEXT = (
  "The heron (gray-legged, it was said) stood by the river in 1895-1943. "
  "Nobody\u2019s boat, caf\u00e9 or \u6771\u4eac came near it; "
  "the heron stood on one leg.\n"
) * 3


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
  answers = ["1895", "gray", "the heron", "caf\u00e9", "it;"]
  qas = [
    {
      "id": str(number),
      "question": f"What about {answer} then?" * (number + 1),
      "answers": [{"text": answer, "answer_start": CONTEXT.rindex(answer)}],
    }
    for number, answer in enumerate(answers)
  ]
  other = {"context": "A short one.", "qas": [{**qas[0], "id": "x"}]}
  other["qas"][0]["answers"] = [{"text": "short", "answer_start": 2}]
  paragraphs = [{"context": CONTEXT, "qas": qas}, other]
  path = tmp_path_factory.mktemp("squad") / "train.json"
  path.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}))
  return reader.read_for_training(str(path), False)


@pytest.mark.parametrize("at_once", [1, 4, 1000])
@pytest.mark.parametrize(
  ("length", "stride", "query"), [(64, 16, 20), (40, 7, 12), (384, 128, 64)]
)
def test_records_are_the_plain_ones(
  questions, testdata, tmp_path, at_once, length, stride, query
):
  assert len(questions) == 6
  tokenizer = full_tokenizer.FullTokenizer(testdata / "vocab.txt")
  windowing = settings.WindowSettings(length, stride, query)
  made = list(examples.make(questions, tokenizer, windowing, True, at_once))
  examples.write_records(str(tmp_path / "ours"), made, length, True)
  written = reference.write_records(
    str(tmp_path / "plain"), questions, tokenizer.vocab, True, windowing
  )
  assert written == len(made)
  assert (tmp_path / "ours").read_bytes() == (tmp_path / "plain").read_bytes()
  for window in made:
    ids = tokenizer.convert_tokens_to_ids(window.tokens)
    assert ids == window.ids.tolist()
    assert len(window.segment_ids) == len(ids)
    assert window.word_of_token.keys() == window.is_max_context.keys()
  shown = sum(sum(w.is_max_context.values()) for w in made)
  contexts = [example.context for example in questions]
  assert shown == sum(
    len(tokenizer.tokenize(" ".join(context.words))) for context in contexts
  )
