import pytest

from bert_tf.tasks.tagging import reader

TEXT = "-DOCSTART- O\n\nAnn\tB-per\nsleeps\tO\n\n\t\nOn Monday\tO\n"


def read(tmp_path, data, label_column=-1):
  path = tmp_path / "data.conll"
  path.write_bytes(data if isinstance(data, bytes) else data.encode())
  return reader.read(path, label_column)


def words(file):
  return [[(w.text, w.label) for w in row] for row in file.sentences]


def test_reads_words_and_labels_by_sentence(tmp_path):
  file = read(tmp_path, TEXT)
  assert words(file) == [
    [("Ann", "B-per"), ("sleeps", "O")],
    [("On Monday", "O")],  # a space is no tab
  ]
  assert file.sentences[1][0].line == 6
  assert file.labels() == [["B-per", "O"], ["O"]]
  assert file.texts()[0] == ["Ann", "sleeps"]


def test_spaces_part_columns_where_there_is_no_tab(tmp_path):
  file = read(tmp_path, "EU NNP  I-NP I-ORG \nrejects VBZ I-VP O")
  assert words(file) == [[("EU", "I-ORG"), ("rejects", "O")]]
  assert file.layout.columns == 4


@pytest.mark.parametrize("column, label", [(1, "NNP"), (-2, "I-NP"), (3, "O")])
def test_the_label_s_column(tmp_path, column, label):
  file = read(tmp_path, "EU NNP I-NP O\n", column)
  assert words(file) == [[("EU", label)]]


def test_without_labels(tmp_path):
  assert words(read(tmp_path, "Ann\nsleeps\n", None)) == [
    [("Ann", ""), ("sleeps", "")]
  ]


def test_odd_spaces_are_words(tmp_path):
  file = read(tmp_path, "\u3000\tO\n\xa0\tO\n\u200d\tO\n")
  assert [w.text for w in file.sentences[0]] == ["\u3000", "\xa0", "\u200d"]


def test_mark_and_carriage_returns_are_dropped_saying_so(tmp_path, caplog):
  with caplog.at_level("WARNING"):
    file = read(tmp_path, "\ufeffAnn O\r\nran O\r\n\r\nOn O\n")
  assert words(file) == [[("Ann", "O"), ("ran", "O")], [("On", "O")]]
  text = caplog.text
  assert "data.conll, line 1: a byte order mark was dropped" in text
  assert "data.conll, line 1: a carriage return at the line's end" in text
  assert "in 2 other lines" in text


@pytest.mark.parametrize(
  "data, message",
  [
    ("", "data.conll holds no word"),
    ("\n \n-DOCSTART- O\n", "data.conll holds no word"),
    ("Ann O\nran\n", "line 2: found 1 columns, 'ran'; expected 2"),
    ("Ann O\n\nran VB O\n", "line 3: found 3 columns, .* expected 2"),
    ("\nAnn\n", r"line 2: found 1 columns, 'Ann'; .* label in column -1"),
    ("Ann\tO\n\tO\n", "line 2: column 0 holds no word"),
    ("Ann\tO\nran\t\n", "line 2: the label's column is empty"),
    (b"Ann O\nna\xefve O\n", "line 2: byte 3 of the line, 0xef, is not UTF-8"),
  ],
)
def test_what_is_wrong_and_where(tmp_path, data, message):
  with pytest.raises(ValueError, match=message):
    read(tmp_path, data)


def test_a_column_that_no_line_has(tmp_path):
  for column in (2, -3, -2):  # -2 of two is the word's own
    with pytest.raises(ValueError, match=f"label in column {column}"):
      read(tmp_path, "Ann O\n", column)


def test_files_that_are_none(tmp_path):
  with pytest.raises(FileNotFoundError):
    reader.read(tmp_path / "nothing")
  with pytest.raises(IsADirectoryError, match="is a folder"):
    reader.read(tmp_path)


def test_an_unknown_label(tmp_path):
  file = read(tmp_path, TEXT)
  file.check_labels(["O", "B-per"])
  with pytest.raises(
    ValueError,
    match=r"data.conll, line 3: the label 'B-per' of 'Ann' is not known",
  ):
    file.check_labels(["O", "B-loc"])


def test_predictions_are_added_and_all_else_stays(tmp_path):
  file = read(tmp_path, TEXT)
  text = reader.with_predictions(file, [["O", "X"], ["Y"]])
  assert text == (
    "-DOCSTART- O\n\nAnn\tB-per\tO\nsleeps\tO\tX\n\n\t\nOn Monday\tO\tY\n"
  )
  again = reader.read(_write(tmp_path, text))
  assert again.labels() == [["O", "X"], ["Y"]]


def _write(tmp_path, text):
  path = tmp_path / "predicted.conll"
  path.write_text(text)
  return path


def test_predictions_go_by_the_line_s_own_separator(tmp_path):
  file = read(tmp_path, "EU NNP\nran VB\n", None)
  assert reader.with_predictions(file, [["A", "B"]]) == ("EU NNP A\nran VB B\n")
  file = read(tmp_path, "EU\n\nran", None)
  assert reader.with_predictions(file, [["A"], ["B"]]) == "EU\tA\n\nran\tB\n"
  with pytest.raises(ValueError):  # as many predictions as words
    reader.with_predictions(file, [["A"]])
