"""Which file of a folder is a split."""

import pytest

from bert_tf.tables import table_files


def test_the_one_that_is_there(tmp_path):
  for name in ("train.csv", "validation.jsonl.gz", "test.parquet"):
    (tmp_path / name).write_text("")
  folder = str(tmp_path)
  assert table_files.find(folder, ("train",)) == f"{folder}/train.csv"
  assert (
    table_files.find(folder, ("dev", "validation"))
    == f"{folder}/validation.jsonl.gz"
  )
  assert table_files.find(folder, ("test",)) == f"{folder}/test.parquet"


def test_a_folder_of_datasets(tmp_path):
  (tmp_path / "train").mkdir()
  with pytest.raises(FileNotFoundError):
    table_files.find(str(tmp_path), ("train",))
  (tmp_path / "train" / "state.json").write_text("{}")
  assert table_files.find(str(tmp_path), ("train",)) == f"{tmp_path}/train"


def test_none_and_two(tmp_path):
  with pytest.raises(FileNotFoundError) as error:
    table_files.find(str(tmp_path), ("dev", "valid"))
  assert str(error.value).startswith(
    f"no file {tmp_path}/dev or {tmp_path}/valid with one of the endings .tsv, "
  )
  (tmp_path / "dev.tsv").write_text("")
  (tmp_path / "valid.csv").write_text("")
  with pytest.raises(ValueError, match=r"found dev\.tsv and valid\.csv"):
    table_files.find(str(tmp_path), ("dev", "valid"))
  (tmp_path / "state.json").write_text("{}")
  with pytest.raises(FileNotFoundError, match="one saved dataset"):
    table_files.find(str(tmp_path), ("train",))
