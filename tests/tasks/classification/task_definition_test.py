"""Tasks: the table, labels and targets."""

import pytest

from bert_tf.tasks.classification import known_tasks, reader, task_definition

NLI = ("contradiction", "entailment", "neutral")
XNLI_LINE = "zh\tneutral\t2\t3\t4\t5\tA\tB\t8"

# name, split, file, header?, a line, (text, pair, label)
LAYOUT = [
  ("cola", "train", "train.tsv", False, "s\t1\t*\tA", ("A", None, "1")),
  ("cola", "dev", "dev.tsv", False, "s\t0\t\tA", ("A", None, "0")),
  ("cola", "test", "test.tsv", True, "0\tA", ("A", None, None)),
  ("mrpc", "train", "train.tsv", True, "1\t2\t3\tA\tB", ("A", "B", "1")),
  ("mrpc", "dev", "dev.tsv", True, "0\t2\t3\tA\tB", ("A", "B", "0")),
  ("mrpc", "test", "test.tsv", True, "9\t2\t3\tA\tB", ("A", "B", None)),
  ("mnli", "train", "train.tsv", True,
   "\t".join("01234567") + "\tA\tB\tx\tneutral", ("A", "B", "neutral")),
  ("mnli", "dev", "dev_matched.tsv", True,
   "\t".join("01234567") + "\tA\tB\tx\ty\tz\tu\tv\tneutral",
   ("A", "B", "neutral")),
  ("mnli", "test", "test_matched.tsv", True,
   "\t".join("01234567") + "\tA\tB", ("A", "B", None)),
  ("mnli-mm", "train", "train.tsv", True,
   "\t".join("01234567") + "\tA\tB\tx\tneutral", ("A", "B", "neutral")),
  ("mnli-mm", "dev", "dev_mismatched.tsv", True,
   "\t".join("01234567") + "\tA\tB\tx\tentailment", ("A", "B", "entailment")),
  ("mnli-mm", "test", "test_mismatched.tsv", True,
   "\t".join("01234567") + "\tA\tB", ("A", "B", None)),
  ("ax", "test", "diagnostic.tsv", True, "0\tA\tB", ("A", "B", None)),
  ("ax", "test", "AX.tsv", True, "0\tA\tB", ("A", "B", None)),
  ("xnli", "train", "multinli/multinli.train.zh.tsv", True,
   "A\tB\tcontradictory", ("A", "B", "contradictory")),
  ("xnli", "dev", "xnli.dev.tsv", True, XNLI_LINE, ("A", "B", "neutral")),
  ("xnli", "test", "xnli.test.tsv", True, XNLI_LINE, ("A", "B", None)),
  ("sst-2", "train", "train.tsv", True, "A\t1", ("A", None, "1")),
  ("sst-2", "test", "test.tsv", True, "0\tA", ("A", None, None)),
  ("qqp", "train", "train.tsv", True, "0\t1\t2\tA\tB\t1", ("A", "B", "1")),
  ("qqp", "test", "test.tsv", True, "0\tA\tB", ("A", "B", None)),
  ("qnli", "dev", "dev.tsv", True, "0\tA\tB\tentailment",
   ("A", "B", "entailment")),
  ("qnli", "test", "test.tsv", True, "0\tA\tB", ("A", "B", None)),
  ("rte", "train", "train.tsv", True, "0\tA\tB\tnot_entailment",
   ("A", "B", "not_entailment")),
  ("wnli", "train", "train.tsv", True, "0\tA\tB\t0", ("A", "B", "0")),
  ("sts-b", "train", "train.tsv", True,
   "\t".join("0123456") + "\tA\tB\t3.8", ("A", "B", "3.8")),
  ("sts-b", "test", "test.tsv", True,
   "\t".join("0123456") + "\tA\tB", ("A", "B", None)),
]  # fmt: skip


@pytest.mark.parametrize("name, split, file, header, line, expected", LAYOUT)
def test_files_and_columns(tmp_path, name, split, file, header, line, expected):
  path = tmp_path / file
  path.parent.mkdir(exist_ok=True)
  path.write_text("any\theader\n" * header + line + "\n")
  task = known_tasks.find(name)
  (found,) = reader.read(task, getattr(task, split), str(tmp_path)).examples
  assert found == (1 + header, *expected)


@pytest.mark.parametrize(
  "names, labels",
  [
    (("cola", "mrpc", "sst-2", "qqp", "wnli"), ("0", "1")),
    (("qnli", "rte"), ("entailment", "not_entailment")),
    (("mnli", "mnli-mm", "ax", "xnli"), NLI),
    (("sts-b",), ()),
  ],
)
def test_labels_in_order(names, labels):
  assert [known_tasks.find(name).labels for name in names] == [labels] * len(
    names
  )


def test_names_in_any_spelling():
  for name in ("CoLA", "MRPC", "SST-2", "sst2", "STS_B", "MNLI-mm", "AX"):
    assert known_tasks.find(name).name in known_tasks.NAMES
  with pytest.raises(ValueError, match="task_name='imdb' is not known"):
    known_tasks.find("imdb")


def test_xnli_s_other_spelling_is_contradiction():
  assert known_tasks.find("xnli").target("contradictory") == [0.0]


def tsv(kind, labels=(), separator=","):
  return known_tasks.tsv("t", None, "l", kind, labels, separator)


def test_targets():
  assert tsv(task_definition.SINGLE_LABEL, ("a", "b")).target("b") == [1.0]
  several = tsv(task_definition.MULTI_LABEL, ("a", "b", "c"), "|")
  assert several.target("c|a") == [1.0, 0.0, 1.0]
  assert several.target("") == [0.0, 0.0, 0.0]
  assert several.no_target() == [0.0, 0.0, 0.0]
  assert tsv(task_definition.REGRESSION).target("-2.5") == [-2.5]
  assert tsv(task_definition.REGRESSION).no_target() == [0.0]


def test_labels_are_found_and_sorted():
  single = tsv(task_definition.SINGLE_LABEL)
  assert single.lacks_labels
  assert single.with_labels_of(["b", "a, c", "b"]).labels == ("a, c", "b")
  several = tsv(task_definition.MULTI_LABEL)
  assert several.with_labels_of(["b", "", "a, c"]).labels == ("a", "b", "c")
  assert not tsv(task_definition.REGRESSION).lacks_labels


@pytest.mark.parametrize(
  "arguments, message",
  [
    (("ranking",), "task_type='ranking' is not known"),
    ((task_definition.SINGLE_LABEL, ("a", "b", "a")), "labels name a twice"),
    ((task_definition.REGRESSION, ("a", "b")), "a regression has none"),
    ((task_definition.MULTI_LABEL, (), ""), "label_separator is empty"),
  ],
)
def test_settings_that_are_wrong(arguments, message):
  with pytest.raises(ValueError, match=message):
    tsv(*arguments)
