"""SWAG, RACE, ARC and tables of one's own, as questions."""

import gzip
import json

import pytest

from bert_tf.tasks.multiple_choice import reader, settings

SWAG = (
  ",video-id,fold-ind,startphrase,sent1,sent2,gold-source,"
  "ending0,ending1,ending2,ending3,label\n"
  '0,v,1,"She lifts the lid. She","She lifts the lid.",She,gold,'
  '"looks in, and smiles.",sings.,flies.,melts.,2\n'
)
RACE = {
  "article": "The mill was old. Nobody came.",
  "questions": ["The mill was _ .", "Who came?"],
  "options": [["new", "old", "red", "big"], ["All", "Nobody", "Ada", "He"]],
  "answers": ["B", "B"],
  "id": "high1.txt",
}
ARC = {
  "id": "x",
  "question": {
    "stem": "What melts?",
    "choices": [
      {"text": "ice", "label": "1"},
      {"text": "stone", "label": "2"},
      {"text": "wood", "label": "3"},
    ],
  },
  "answerKey": "1",
}


def read(folder, task, kind="train", is_labelled=True, **changes):
  options = settings.MultipleChoiceSettings(
    task, "vocab.txt", str(folder), do_train=True, **changes
  )
  return reader.read(options, kind, is_labelled)


def test_swag(tmp_path):
  (tmp_path / "train.csv").write_text(SWAG)
  (tmp_path / "val.csv").write_text(SWAG)
  (one,) = read(tmp_path, "swag").questions
  assert one.context == "She lifts the lid."
  assert one.choices[:2] == ("She looks in, and smiles.", "She sings.")
  assert one.label == 2
  assert read(tmp_path, "swag", "dev").path.endswith("val.csv")
  # Its test file has no column of labels.
  (tmp_path / "test.csv").write_text(
    SWAG.replace(",label\n", "\n").replace(",2\n", "\n")
  )
  (one,) = read(tmp_path, "swag", "test", is_labelled=False).questions
  assert one.label is None


def test_race_in_folders_and_in_lines(tmp_path):
  folder = tmp_path / "train" / "high"
  folder.mkdir(parents=True)
  (folder / "1.txt").write_text(json.dumps(RACE))
  blank, asked = read(tmp_path, "race").questions
  assert blank.context == RACE["article"]
  assert blank.choices[:2] == ("The mill was new .", "The mill was old .")
  assert asked.choices[1] == "Who came? Nobody"
  assert (blank.label, asked.label) == (1, 1)
  assert asked.place.endswith("1.txt, question 2")
  line = {
    "example_id": "high1.txt",
    "article": RACE["article"],
    "question": RACE["questions"][1],
    "options": RACE["options"][1],
    "answer": "B",
  }
  (tmp_path / "dev.jsonl").write_text(json.dumps(line) + "\n")
  (one,) = read(tmp_path, "race", "dev").questions
  assert one[1:] == asked[1:]


def test_arc_has_as_many_choices_as_it_has(tmp_path):
  other = json.loads(json.dumps(ARC))
  other["question"]["para"] = "Ice is cold water."
  other["question"]["choices"].append({"text": "sand", "label": "4"})
  other["answerKey"] = "4"
  (tmp_path / "ARC-Easy-Train.jsonl").write_text(
    f"{json.dumps(ARC)}\n{json.dumps(other)}\n"
  )
  file = read(tmp_path, "arc")
  first, second = file.questions
  assert (first.context, first.choices) == (
    "What melts?",
    ("ice", "stone", "wood"),
  )
  assert (first.label, second.label) == (0, 3)
  assert second.context == "Ice is cold water."
  assert second.choices[0] == "What melts? ice"
  assert file.most_choices == 4


OWN = "context,question,ending_0,ending_1,ending_2,label\n"


def test_own_table_with_a_question_and_fewer_endings(tmp_path):
  (tmp_path / "train.csv").write_text(
    OWN + '"It rained, and rained.",Is it wet?,yes,no,,0\nSun.,Wet?,a,b,c,2\n'
  )
  first, second = read(tmp_path, "tsv").questions
  assert first.choices == ("Is it wet? yes", "Is it wet? no")
  assert second.choices == ("Wet? a", "Wet? b", "Wet? c")
  assert (first.label, second.label) == (0, 2)
  lines = (
    {"context": "It.", "ending_0": "a", "ending_1": "b", "label": 1},
    {"context": "So.", **{f"ending_{i}": "x" for i in range(3)}, "label": 2},
  )
  data = "".join(json.dumps(line) + "\n" for line in lines).encode()
  (tmp_path / "dev.jsonl.gz").write_bytes(gzip.compress(data))
  first, second = read(tmp_path, "tsv", "dev").questions
  assert (first.choices, first.label) == (("a", "b"), 1)
  assert (len(second.choices), second.label) == (3, 2)


def test_parquet(tmp_path):
  parquet = pytest.importorskip("pyarrow.parquet")
  import pyarrow

  table = pyarrow.table(
    {"t": ["a"], "o0": ["b"], "o1": ["c"], "o2": [None], "gold": [1]}
  )
  parquet.write_table(table, tmp_path / "train.parquet")
  (one,) = read(
    tmp_path, "tsv", context_column="t", ending_prefix="o", label_column="gold"
  ).questions
  assert one[1:] == ("a", ("b", "c"), 1)


@pytest.mark.parametrize(
  "task, name, text, message",
  [
    ("swag", "train.csv", SWAG.replace(",2\n", ",7\n"), r"csv:2: the label is"),
    ("swag", "train.csv", "sent1,label\na,0\n", "no column named 'sent2'"),
    ("tsv", "train.csv", OWN + "c,q,a,,c,0\n", "csv:2: ending_1 is empty, and"),
    ("tsv", "train.csv", OWN + "c,q,a,,,0\n", "csv:2: found 1 choices, expec"),
    ("tsv", "train.csv", OWN + "c,q,a,b,c,x\n", "csv:2: the label is 'x'"),
    ("tsv", "train.csv", OWN + "c,q,a,b,,2\n", "csv:2: the label is 2, exp"),
    ("tsv", "train.csv", OWN, "train.csv: found no question in it"),
    ("tsv", "train.csv", "context,ending_0,label\n", "expected columns ending"),
    (
      "tsv",
      "train.csv",
      OWN.replace("context", "text") + "c,q,a,b,,1\n",
      "no column named 'context' .*--context_column",
    ),
    ("race", "train.jsonl", "[]\n", "jsonl:1: expected an object"),
    (
      "race",
      "train.jsonl",
      json.dumps(RACE | {"answers": ["B"]}),
      "jsonl:1: expected as many options and answers as questions, 2",
    ),
    (
      "race",
      "train.jsonl",
      json.dumps(RACE | {"answers": ["B", "2"]}),
      "question 2: the answer is '2', expected a letter",
    ),
    (
      "arc",
      "a-train.jsonl",
      json.dumps(ARC | {"answerKey": "A"}),
      "jsonl:1: the answerKey is 'A', expected one of '1', '2', '3'",
    ),
    ("arc", "a-train.jsonl", "{}\n", "jsonl:1: expected an object 'question'"),
    ("arc", "train.csv", "", "holds no ...-Train.jsonl"),
  ],
)
def test_what_is_wrong_is_named(tmp_path, task, name, text, message):
  (tmp_path / name).write_text(text)
  with pytest.raises((ValueError, FileNotFoundError), match=message):
    read(tmp_path, task)
