"""The forms that questions come in: each gives the same questions."""

import csv
import io
import json

import pytest

from bert_tf.tasks.squad import (
  checked_values,
  given_answers,
  question_files,
  reader,
)

MILL = "The mill stood at the river.\nIt was sold in 1802, they say."
POND = 'A pond, "deep" and cold; the heron waits.'
ROWS = [
  {"id": "a", "context": MILL, "question": "Where?", "answer": "the river"},
  {"id": "b", "context": MILL, "question": "When?", "answer": "1802"},
  {"id": "c", "context": POND, "question": "Who waits?", "answer": "the heron"},
]


def flat(form):
  """The rows with the answers in one of their forms."""
  found = []
  for row in ROWS:
    row = dict(row)
    text = row.pop("answer")
    start = row["context"].index(text)
    if form == "columns":
      row["answers"] = {"text": [text], "answer_start": [start]}
    elif form == "list":
      row["answers"] = [{"text": text, "answer_start": start}]
    else:
      row["answer"] = text
    found.append(row)
  return found


def squad_of(answers="list"):
  """The same in SQuAD's form."""
  paragraphs = [{"context": x, "qas": []} for x in (MILL, POND)]
  for row in flat(answers):
    paragraph = paragraphs[row["context"] == POND]
    del row["context"]
    paragraph["qas"].append(row)
  return {"version": "1", "data": [{"paragraphs": paragraphs}]}


def lines(form):
  return "".join(json.dumps(row) + "\n" for row in flat(form))


def table(delimiter, rows=None, **changes):
  file = io.StringIO()
  rows = [row | changes for row in rows or ROWS]
  writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
  writer.writeheader()
  writer.writerows(rows)
  return file.getvalue()


FORMS = {
  "squad.json": json.dumps(squad_of()),
  "columns.json": json.dumps(squad_of("columns")),
  "rows.json": json.dumps(flat("columns")),
  "data.json": json.dumps({"data": flat("list")}),
  "one a line.json": lines("columns"),
  "lines.jsonl": "\n" + lines("list"),
  "answers.ndjson": lines("answer"),
  "table.csv": table(","),
  "table.tsv": table("\t").replace("\r\n", "\n"),
  "mark.CSV": "\ufeff" + table(","),
}


@pytest.fixture
def write(tmp_path):
  def write(name, text):
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path

  return write


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_questions(write, name):
  path = write(name, FORMS[name])
  trained = reader.read_for_training(path, False)
  assert [(x.id, x.question, x.context.text) for x in trained] == [
    (row["id"], row["question"], row["context"]) for row in ROWS
  ]
  for found, row in zip(trained, ROWS, strict=True):
    first, end = found.answer.characters
    assert found.context.text[first:end] == row["answer"] == found.answer.text
  assert trained[0].context is trained[1].context
  asked = reader.read_for_prediction(path)
  assert [x.gold for x in asked] == [(row["answer"],) for row in ROWS]


def test_what_prediction_does_not_need(write):
  plain = [{"context": MILL, "question": "Where?"}] * 2
  for name, text in (
    ("a.json", json.dumps(plain)),
    ("b.jsonl", "\n".join(map(json.dumps, plain))),
    ("c.csv", "question,context,note\nWhere?,The mill.,x\n\nWhen?,The mill.,"),
  ):
    asked = reader.read_for_prediction(write(name, text))
    assert [(x.id, x.gold) for x in asked] == [("1", None), ("2", None)]


@pytest.mark.parametrize(
  "answers", [{}, [{}], "1802", 3, {"text": ["a"], "answer_start": [1, 2]}]
)
def test_malformed_answers_are_no_trouble_to_prediction(
  write, answers, monkeypatch
):
  said = []
  monkeypatch.setattr(
    reader.logging, "warning", lambda text, *args: said.append(text % args)
  )
  rows = [row | {"answers": answers} for row in flat("list")]
  path = write("x.json", json.dumps(rows))
  assert [x.gold for x in reader.read_for_prediction(path)] == [None] * 3
  assert len(said) == 1
  assert "[0]: question 'a': " in said[0]
  assert "answers of 3 questions cannot be read, so nothing is sc" in said[0]
  with pytest.raises(checked_values.SquadFormatError, match="question 'a'"):
    reader.read_for_training(path, False)


def test_an_answer_without_a_place_must_stand_once(write):
  for answer, message in (
    ("the", "2: question 'a': the answer 'the' stands more than once"),
    ("The River", "the answer 'The River' does not stand in its context"),
  ):
    rows = [ROWS[0] | {"answer": answer}]
    path = write("x.csv", table(",", rows))
    with pytest.raises(checked_values.SquadFormatError, match=message):
      reader.read_for_training(path, False)
  # Overlapping places count, and a place that is told is taken.
  path = write("x.csv", "context,question,answer\naaa,What?,aa\n")
  with pytest.raises(checked_values.SquadFormatError, match="more than once"):
    reader.read_for_training(path, False)
  path = write("x.csv", "context,question,answer,answer_start\na aa,?,a, 0\n")
  (found,) = reader.read_for_training(path, False)
  assert found.answer.characters == (0, 1)
  path = write("x.csv", "context,question,answer\nno end,?, end \n")
  assert reader.read_for_training(path, False)[0].answer.characters == (3, 6)


def test_rows_without_an_answer(write):
  rows = [*ROWS[:1], ROWS[1] | {"answer": ""}]
  columns = [*flat("columns")[:1], flat("columns")[1]]
  columns[1]["answers"] = {"text": [], "answer_start": []}
  for name, text in (
    ("x.csv", table(",", rows)),
    ("x.jsonl", "\n".join(map(json.dumps, columns))),
  ):
    path = write(name, text)
    first, second = reader.read_for_training(path, True)
    assert (first.answer is None, second.answer) == (False, None)
    message = "'b': it has 0 answers.* need version_2_with_negative$"
    with pytest.raises(checked_values.SquadFormatError, match=message):
      reader.read_for_training(path, False)
    assert [x.gold for x in reader.read_for_prediction(path)] == [
      ("the river",),
      (),
    ]


@pytest.mark.parametrize(
  "name, text, message",
  [
    ("x.csv", "", "x.csv: no line; the first must name the columns: context"),
    ("x.csv", "question,text\n", "x.csv:1: no column named 'context' in the"),
    ("x.tsv", "question,context\n", r"found: 'question,context'"),
    ("x.csv", "context,question\na\n", "x.csv:2: found 1 columns, expected 2"),
    ("x.csv", 'context,question\n"a"b,c\n', "x.csv:2: .*expected.*in quotes"),
    ("x.csv", "context,question,context\n", "column 'context' is there twice"),
    (
      "x.csv",
      "context,question,answer,answer_start\na,b,a,+0\n",
      "x.csv:2: answer_start is '.0', expected the number",
    ),
    (
      "x.jsonl",
      '{"context": "a", "question": "b"}\n{',
      "x.jsonl:2: not a JSON",
    ),
    ("x.json", '{"context": "a", "question": "b"}\n[]', "x.json:2: found list"),
    ("x.jsonl", '{"context": "a"}', "x.jsonl:1: the key 'question' is missing"),
    ("x.jsonl", '{"question": "a"}', "x.jsonl:1: the key 'context' is missing"),
    (
      "x.json",
      '[{"context": 1, "question": "b"}]',
      r"x.json: \[0\]: 'context'",
    ),
    ("x.json", "[" * 5000, "x.json: not a JSON"),
    ("x.json", "[3]", r"x.json: \[0\]: found int, expected an object"),
  ],
)
def test_broken_files(write, name, text, message):
  path = write(name, text)
  with pytest.raises(checked_values.SquadFormatError, match=message) as error:
    reader.read_for_prediction(path)
  assert str(error.value).startswith(str(path))


def test_a_long_field(write):
  text = "word " * 40_000
  path = write("x.tsv", f"context\tquestion\n{text}\tWhat?\n")
  assert reader.read_for_prediction(path)[0].context.text == text


def test_a_line_ends_at_a_newline_alone(write):
  row = {"context": "a\u2028b", "question": "\x85?"}
  text = json.dumps(row, ensure_ascii=False) + "\n"
  (found,) = question_files.read(write("x.jsonl", text))
  assert (found.context, found.text) == ("a\u2028b", "\x85?")
  assert given_answers.of(found) is None


def test_rows_are_not_split_by_article(write):
  path = write("x.json", json.dumps({"data": flat("list")}))
  with pytest.raises(
    checked_values.SquadFormatError, match="the key 'paragraphs' is missing"
  ):
    question_files.load(path)
