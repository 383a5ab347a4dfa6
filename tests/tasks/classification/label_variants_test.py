"""Labels of one's own table that differ by white space or case."""

from bert_tf.tasks.classification import known_tasks, run, settings


def labels_of(tmp_path, labels, kind="single_label", before=None):
  lines = "".join(f"a text\t{label}\n" for label in labels)
  (tmp_path / "train.tsv").write_text(f"text\tlabel\n{lines}")
  task = run.ClassificationTask(
    known_tasks.tsv("text", None, "label", kind, (), ","),
    settings.ClassificationSettings(str(tmp_path), "vocab.txt", do_train=True),
  )
  return task.with_labels(before).definition


def test_white_space_is_stripped_and_case_is_told(tmp_path, warned):
  task = labels_of(tmp_path, ["pos", "pos ", "neg", "Neg"])
  assert task.labels == ("Neg", "neg", "pos")
  assert [task.target(cell) for cell in ("pos ", "pos")] == [[2.0], [2.0]]
  assert len(warned) == 2
  assert "the labels 'Neg', 'neg' differ by white space or case" in warned[0]
  assert "2 labels: 'Neg', 'neg'. If one is meant, write it in one" in warned[0]
  assert "the labels 'pos', 'pos ' differ" in warned[1]
  assert "they are one label, 'pos'" in warned[1]


def test_nothing_to_tell(tmp_path, warned):
  assert labels_of(tmp_path, ["pos", "neg"]).labels == ("neg", "pos")
  assert not warned
  labels_of(tmp_path, ["a, b", "b,A"], "multi_label")
  assert len(warned) == 1 and "'A', 'a'" in warned[0]
