"""Files of columns as corpora have them; the sentences are invented."""

import gzip
import logging

import pytest

from bert_tf.tasks.tagging import reader

CONLL_2003 = """\
-DOCSTART- -X- -X- O

Mirela NNP I-NP I-PER
sailed VBD I-VP O
# # I-NP O
7 CD I-NP O

-DOCSTART- -X- O O

Oslo NNP I-NP I-LOC
"""
CONLL_U = """\
# newdoc id = d1
# sent_id = 1
# text = vámonos al mar
1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tvamos\tir\tVERB\t_\t_\t0\troot\t_\t_
2\tnos\tyo\tPRON\t_\t_\t1\tobj\t_\t_
3\tal\tel\tADP\t_\t_\t4\tcase\t_\t_
3.1\tgran\tgran\tADJ\t_\t_\t_\t_\t_\t_
4\tmar\tmar\tNOUN\t_\t_\t1\tobl\t_\tSpaceAfter=No

# text = #
1\t#\t#\tSYM\t_\t_\t0\troot\t_\t_
"""
GERMEVAL = """\
#\thttp://zeitung.example/7 [2011-02-03]
1\tAnna\tB-PER\tO
2\tlacht\tO\tO
3\t#\tO\tO

#\thttp://zeitung.example/8 [2011-02-04]
1\tBonner\tB-LOCderiv\tO
2\tRhein\tB-LOC\tB-LOC
"""
WNUT = "@mirela\tO\n#fog\tO\nin\tO\nOslo\tB-location\n\n;)\tO\n# \tO\n"
MULTICONER = """\
# id 00a1\tdomain=en
anna _ _ B-PER
ran _ _ O
# _ _ O

# id 00b2 domain=en
oslo _ _ B-LOC
"""
KLUE = """\
## klue-ner-v1_dev_00000-nsmc\t<안나:PS> 왔다
안\tB-PS
나\tI-PS
 \tO
왔\tO
다\tO
#\tO

## klue-ner-v1_dev_00001-nsmc\t끝
끝\tO
"""
KMOU = """\
## 1
## 안나는 왔다
## <안나:PER>는 왔다
안나\t안나\tNNP\tB-PER
는\t는\tJX\tO
 \t_\tSP\tO
왔다\t오/VV+았/EP+다/EF\tVV+EP+EF\tO

"""
KLP = """\
; 안나, 오슬로 도착 .
$<안나:PS>, <오슬로 도착:LC> .
1\t안나\tNNP\tB_PS
2\t,\tSP\tO
3\t오슬로\tNNP\tB_LC
4\t도착\tNNG\tI
5\t;\tSY\tO

; 끝
$끝
1\t끝\tNNG\tO
"""
WITH_HEADER = "id\ttoken\tpos\tner_tags\n1\tAnna\tNNP\tB-PER\n2\tran\tVB\tO\n"
RUNNING_INDEX = "0 Anna B-PER\n1 ran O\n\n2 Bo B-PER\n3 sat O\n"

# file, arguments, words and labels
FORMS = {
  "CoNLL-2003": (CONLL_2003, {}, [
    [("Mirela", "I-PER"), ("sailed", "O"), ("#", "O"), ("7", "O")],
    [("Oslo", "I-LOC")]]),
  "its parts of speech": (CONLL_2003.replace("# #", "$ $"),
    {"label_column": 1}, [
    [("Mirela", "NNP"), ("sailed", "VBD"), ("$", "$"), ("7", "CD")],
    [("Oslo", "NNP")]]),
  "CoNLL-U": (CONLL_U, {}, [
    [("vamos", "VERB"), ("nos", "PRON"), ("al", "ADP"), ("mar", "NOUN")],
    [("#", "SYM")]]),
  "its relations": (CONLL_U, {"label_column": 7}, [
    [("vamos", "root"), ("nos", "obj"), ("al", "case"), ("mar", "obl")],
    [("#", "root")]]),
  "CoNLL-U Plus": ("# global.columns = ID FORM UPOS\n1\tsie\tPRON\n"
    "2\tsingt\tVERB\n", {"word_column": "FORM", "label_column": "UPOS"},
    [[("sie", "PRON"), ("singt", "VERB")]]),
  "GermEval": (GERMEVAL, {"label_column": 2}, [
    [("Anna", "B-PER"), ("lacht", "O"), ("#", "O")],
    [("Bonner", "B-LOCderiv"), ("Rhein", "B-LOC")]]),
  "its nested entities": (GERMEVAL, {}, [
    [("Anna", "O"), ("lacht", "O"), ("#", "O")],
    [("Bonner", "O"), ("Rhein", "B-LOC")]]),
  "WNUT": (WNUT, {}, [
    [("@mirela", "O"), ("#fog", "O"), ("in", "O"), ("Oslo", "B-location")],
    [(";)", "O"), ("#", "O")]]),
  "MultiCoNER": (MULTICONER, {}, [
    [("anna", "B-PER"), ("ran", "O"), ("#", "O")], [("oslo", "B-LOC")]]),
  "KLUE": (KLUE, {}, [
    [("안", "B-PS"), ("나", "I-PS"), (" ", "O"), ("왔", "O"), ("다", "O"),
     ("#", "O")], [("끝", "O")]]),
  "KMOU": (KMOU, {}, [
    [("안나", "B-PER"), ("는", "O"), (" ", "O"), ("왔다", "O")]]),
  "KLP": (KLP, {}, [
    [("안나", "B_PS"), (",", "O"), ("오슬로", "B_LC"), ("도착", "I"),
     (";", "O")], [("끝", "O")]]),
  "a header": (WITH_HEADER, {}, [[("Anna", "B-PER"), ("ran", "O")]]),
  "a header's names": (WITH_HEADER,
    {"word_column": "token", "label_column": "pos"},
    [[("Anna", "NNP"), ("ran", "VB")]]),
  "labels first": ("B-PER Anna\nO ran\n",
    {"word_column": 1, "label_column": 0}, [[("Anna", "B-PER"), ("ran", "O")]]),
  "a running index": (RUNNING_INDEX, {}, [
    [("Anna", "B-PER"), ("ran", "O")], [("Bo", "B-PER"), ("sat", "O")]]),
  "words that are numbers": ("1 CD\n2 CD\n\n1 CD\n", {}, [
    [("1", "CD"), ("2", "CD")], [("1", "CD")]]),
  "only marks": ("# O\n; O\n", {}, [[("#", "O"), (";", "O")]]),
}  # fmt: skip


def read(tmp_path, text, **arguments):
  path = tmp_path / "data.txt"
  path.write_text(text)
  return reader.read(path, **arguments)


@pytest.mark.parametrize("name", FORMS)
def test_forms(tmp_path, name):
  text, arguments, wanted = FORMS[name]
  file = read(tmp_path, text, **arguments)
  found = [[(w.text, w.label) for w in row] for row in file.sentences]
  assert found == wanted
  # The same words, where labels are not read; predictions are beside them.
  arguments = arguments | {"label_column": None}
  # But names need a header, and numbers before words are an index.
  if name not in ("a header's names", "words that are numbers"):
    unlabelled = reader.read(file.path, **arguments)
    assert unlabelled.texts() == file.texts()
  rows = [["X"] * len(row) for row in file.sentences]
  lines = reader.with_predictions(file, rows).splitlines()
  assert len(lines) == len(text.splitlines())
  for row in file.sentences:
    for word in row:
      assert lines[word.line][-2:] in (" X", "\tX")


UNLABELLED = {
  "words alone": ("#fog\nin\n# id 7\nOslo\n\n;\n", ["#fog", "in", "Oslo", ";"]),
  "MultiCoNER": ("# id 0 domain=en\n# _ _ _\nran _ _ _\n", ["#", "ran"]),
  "an index": ("1\tAnna\n2\tran\n\n1\tBo\n", ["Anna", "ran", "Bo"]),
  "a first word as a header's": ("Text\nhelps\n", ["Text", "helps"]),
}


@pytest.mark.parametrize("name", UNLABELLED)
def test_files_without_labels(tmp_path, name):
  text, words = UNLABELLED[name]
  file = read(tmp_path, text, label_column=None)
  assert [word for row in file.texts() for word in row] == words


def test_what_was_assumed_is_said(tmp_path, caplog):
  with caplog.at_level(logging.INFO, logger="absl"):
    read(tmp_path, GERMEVAL, label_column=2)
  assert [record.getMessage() for record in caplog.records] == [
    f"{tmp_path}/data.txt: 4 columns separated by a tab, words in column 1, "
    "labels in column 2, column 0 numbers the words, no header, 2 lines of "
    "comments (assumed; change it by --word_column, --label_column)",
    "line 2: word 'Anna', label 'B-PER'",
    "line 3: word 'lacht', label 'O'",
    "line 4: word '#', label 'O'",
  ]


def test_all_words_numbers_is_a_warning(tmp_path, caplog):
  read(tmp_path, GERMEVAL, word_column=0, label_column=2)
  assert "all words are numbers; is column 0 the one of" in caplog.text


def test_files_that_differ_are_a_warning(tmp_path, caplog):
  one = read(tmp_path, GERMEVAL)
  reader.warn_of_layouts([one, one])
  assert not caplog.records
  reader.warn_of_layouts([one, read(tmp_path, WNUT)])
  assert "words are read from column 0 of" in caplog.text
  assert "but from column 1 of" in caplog.text


def test_a_header_of_predictions(tmp_path):
  file = read(tmp_path, WITH_HEADER)
  lines = reader.with_predictions(file, [["O", "O"]]).splitlines()
  assert lines[0] == "id\ttoken\tpos\tner_tags\tpredicted"


def test_compressed_and_in_another_encoding(tmp_path):
  path = tmp_path / "data.txt.gz"
  path.write_bytes(gzip.compress(KLUE.encode("cp949")))
  file = reader.read(path, encoding="cp949")
  assert file.texts()[0][:2] == ["안", "나"]
  with pytest.raises(ValueError, match=r"line 1: .*--encoding"):
    reader.read(path)


@pytest.mark.parametrize(
  "text, arguments, message",
  [
    (WITH_HEADER, {"word_column": "word"}, r"data.txt, line 1: no column named "
     r"'word', or several \(found: 'id', 'token', 'pos', 'ner_tags'\)"),
    (WITH_HEADER, {"word_column": "pos", "label_column": "pos"},
     "expected the word in column 2 and its label in column pos"),
    ("a O\nb O\n", {"word_column": 3}, "found 2 columns, 'a O'; expected the "
     "word in column 3"),
    ("a\tO\nb c O\n", {}, "line 2: found 1 columns, .* separated by a tab"),
    ("a\tO\nb\rc\tO\n", {}, "line 2: a carriage return within the line"),
    ("a\tO\nb\t \n", {}, "line 2: the label's column is empty"),
  ],
)  # fmt: skip
def test_what_is_refused(tmp_path, text, arguments, message):
  with pytest.raises(ValueError, match=message):
    read(tmp_path, text, **arguments)
