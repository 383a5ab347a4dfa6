"""SQuAD files: what is read, and what is said of broken ones."""

import copy
import json

import pytest
from absl import logging

from bert_tf.tasks.squad import checked_values, question_files, reader
from tests.tasks.squad import goldens

CONTEXT = "The  clock\ttower was built\u202fin 1923."
GOOD = {
  "data": [
    {
      "title": "t",
      "paragraphs": [
        {
          "context": CONTEXT,
          "qas": [
            {
              "id": "q1",
              "question": "When?",
              "answers": [
                {"text": "1923", "answer_start": CONTEXT.index("1923")}
              ],
              "is_impossible": False,
            },
            {
              "id": "q2",
              "question": "Why?",
              "answers": [],
              "is_impossible": True,
            },
          ],
        }
      ],
    }
  ]
}


def write(path, change=lambda paragraph: None):
  content = copy.deepcopy(GOOD)
  change(content["data"][0]["paragraphs"][0])
  path.write_text(json.dumps(content))
  return path


@pytest.fixture
def warnings(monkeypatch):
  said = []
  monkeypatch.setattr(
    logging, "warning", lambda text, *args: said.append(text % args)
  )
  return said


def test_words_of_a_context():
  context = reader.Context(" ab\u00a0c \u202fd")
  assert context.words == ["ab\u00a0c", "d"]
  assert context.word_of_char == [-1, 0, 0, 0, 0, 0, 0, 1]


def test_training(tmp_path):
  first, second = reader.read_for_training(write(tmp_path / "f"), True)
  assert first.context.words[:3] == ["The", "clock", "tower"]
  assert first.answer == reader.Answer("1923", 6, 6, (30, 34))
  assert second.answer is None
  assert first.context is second.context


def test_prediction_keeps_all_right_answers(tmp_path):
  first, second = reader.read_for_prediction(write(tmp_path / "f"))
  assert (first.gold, second.gold) == (("1923",), ())
  assert first.answer is None

  def forget(paragraph):
    for qa in paragraph["qas"]:
      del qa["answers"], qa["is_impossible"]

  first, _ = reader.read_for_prediction(write(tmp_path / "f", forget))
  assert first.gold is None


def test_a_byte_order_mark_is_no_trouble(tmp_path):
  path = tmp_path / "f"
  path.write_text("\ufeff" + json.dumps(GOOD))
  assert len(reader.read_for_prediction(path)) == 2


def drop(key):
  return lambda paragraph: paragraph["qas"][0].pop(key)


def answer(**values):
  def change(paragraph):
    paragraph["qas"][0]["answers"][0].update(values)

  return change


def set_qa(**values):
  return lambda paragraph: paragraph["qas"][0].update(values)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
  "change, message",
  [
    (
      lambda p: p.pop("context"),
      r"data\[0\].paragraphs\[0\]: the key 'context",
    ),
    (lambda p: p.pop("qas"), r"the key 'qas' is missing; found the keys: 'con"),
    (drop("id"), r"paragraphs\[0\].qas\[0\]: the key 'id' is missing"),
    (drop("question"), "question 'q1': the key 'question' is missing"),
    (set_qa(question=7), "question 'q1': 'question' is int, expected str"),
    (set_qa(id=True), "'id' is bool, expected str or int"),
    (set_qa(id=None), "'id' is NoneType, expected str or int"),
    (lambda p: p.update(qas=[3]), "found int, expected an object with the key"),
  ],
)
def test_broken_files(tmp_path, change, message, training):
  path = write(tmp_path / "squad.json", change)
  with pytest.raises(checked_values.SquadFormatError, match=message) as error:
    if training:
      reader.read_for_training(path, True)
    else:
      reader.read_for_prediction(path)
  assert str(path) in str(error.value)


@pytest.mark.parametrize(
  "change, message",
  [
    (drop("answers"), "question 'q1': the key 'answers' is missing"),
    (set_qa(answers=None), "'answers' is NoneType, expected list or dict"),
    (set_qa(answers={}), "question 'q1': answers: the key 'text' is missing"),
    (set_qa(answers=[{}]), "question 'q1': the key 'text' is missing"),
    (set_qa(answers=["1923"]), "question 'q1': found str, expected an object"),
    (drop("is_impossible"), "'is_impossible' is missing.*files of SQuAD 2.0"),
    (
      answer(answer_start=500),
      "'q1': the answer '1923' at answer_start=500 lies",
    ),
    (
      answer(answer_start=-3),
      "'q1': the answer '1923' at answer_start=-3 lies",
    ),
    (answer(answer_start="3"), "'q1': 'answer_start' is str, expected int"),
    (set_qa(answers=[]), "question 'q1': it has 0 answers, expected exactly 1"),
    (
      set_qa(answers=[{"text": "The", "answer_start": 0}] * 2),
      "question 'q1': it has 2 answers, expected exactly 1",
    ),
  ],
)
def test_broken_training_files(tmp_path, change, message):
  path = write(tmp_path / "squad.json", change)
  with pytest.raises(checked_values.SquadFormatError, match=message) as error:
    reader.read_for_training(path, True)
  assert str(path) in str(error.value)


def test_version_2_file_read_as_version_1(tmp_path):
  with pytest.raises(ValueError, match=r"'q2': it has 0 answers.*version_2"):
    reader.read_for_training(write(tmp_path / "f"), False)


def test_an_answer_that_is_not_where_it_should_be(tmp_path, warnings):
  path = write(tmp_path / "f", answer(answer_start=0))
  (left,) = reader.read_for_training(path, True)
  assert left.id == "q2"
  assert len(warnings) == 1
  assert warnings[0].startswith(f"{path}: question 'q1': left out")
  assert "'1923' at answer_start=0, where 'The' stands" in warnings[0]


def test_an_answer_of_nothing(tmp_path, warnings):
  path = write(tmp_path / "f", answer(text=""))
  assert len(reader.read_for_training(path, True)) == 1
  assert "question 'q1': left out, its answer is empty" in warnings[0]


def test_no_question_left(tmp_path, warnings):
  def change(paragraph):
    answer(answer_start=0)(paragraph)
    del paragraph["qas"][1]

  path = write(tmp_path / "f", change)
  with pytest.raises(ValueError, match=f"{path}: no question to train on"):
    reader.read_for_training(path, True)


def test_an_id_twice(tmp_path, warnings):
  path = write(tmp_path / "f", lambda p: p["qas"][1].update(id="q1"))
  with pytest.raises(ValueError, match=f"{path}: question 'q1': the id is the"):
    reader.read_for_prediction(path)
  assert len(reader.read_for_training(path, True)) == 2
  assert warnings == [f"{path}: question 'q1': the id is there twice"]


@pytest.mark.parametrize(
  "raw, message",
  [
    (b"{", "not a JSON file: .*line 1"),
    (b"", "not a JSON file"),
    (b'{"data": "\xff"}', "byte 10 is not UTF-8"),
    (b"[]", "found list, expected an object with the key 'data'"),
    (b"{}", "the key 'data' is missing; found the keys: none"),
    (b'{"data": {}}', "'data' is dict, expected list"),
    (b'{"data": [{}]}', r"data\[0\]: the key 'paragraphs' is missing"),
  ],
)
def test_other_files(tmp_path, raw, message):
  path = tmp_path / "squad.json"
  path.write_bytes(raw)
  with pytest.raises(checked_values.SquadFormatError, match=message) as error:
    reader.read_for_prediction(path)
  assert str(error.value).startswith(f"{path}: ")


def test_no_file():
  with pytest.raises(FileNotFoundError, match=r"/nowhere/squad\.json"):
    reader.read_for_prediction("/nowhere/squad.json")


def test_split_by_article():
  content = question_files.load(goldens.SQUAD / "v1.json")
  first, second = question_files.split_by_article(content, 10)
  assert first["version"] == content["version"]
  assert first["data"] + second["data"] == content["data"]
  assert len(second["data"]) == 10
  for wrong in (0, 40):
    with pytest.raises(ValueError, match=f"cannot hold out {wrong} of 40"):
      question_files.split_by_article(content, wrong)


def in_file(tmp_path, context, answers):
  path = tmp_path / "x.json"
  question = {"id": "q", "question": "Where?", "answers": answers}
  paragraph = {"context": context, "qas": [question]}
  path.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
  return path


def test_prediction_needs_no_answers(tmp_path):
  path = in_file(tmp_path, CONTEXT, None)
  assert [x.gold for x in reader.read_for_prediction(path)] == [None]


@pytest.mark.parametrize("text", [" sea", "sea ", " sea "])
@pytest.mark.parametrize("before", ["", "the", "the "])
def test_white_space_around_an_answer(tmp_path, text, before):
  answer = {"text": text, "answer_start": len(before)}
  path = in_file(tmp_path, f"{before}{text} ends", [answer])
  if before == "the" and not text.startswith(" "):
    return  # they are one word
  found = reader.read_for_training(path, False)[0]
  assert found.context.words[found.answer.start] == "sea"
  assert found.answer.start == found.answer.end


def test_two_answers_to_train_on(tmp_path):
  answers = [{"text": "clock", "answer_start": 5}] * 2
  with pytest.raises(checked_values.SquadFormatError) as caught:
    reader.read_for_training(in_file(tmp_path, CONTEXT, answers), False)
  assert "has 2 answers, expected exactly 1 for training; keep" in str(
    caught.value
  )
  assert "is_impossible" not in str(caught.value)
