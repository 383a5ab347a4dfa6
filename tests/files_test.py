"""Files that appear whole or not at all."""

import pytest

from bert_tf import files


@pytest.fixture(params=["", "file://"], ids=["local", "scheme"])
def folder(request, tmp_path):
  """The path of a folder, as it is and through TensorFlow's file systems."""
  return f"{request.param}{tmp_path}"


def test_written_at_the_end_and_over_what_was_there(folder, tmp_path):
  path = tmp_path / "a"
  path.write_bytes(b"old")
  with files.writing(f"{folder}/a") as writer:
    writer.write(b"new")
    assert path.read_bytes() == b"old"
  assert path.read_bytes() == b"new"
  assert files.names_in(folder) == ["a"]


def test_a_failure_leaves_what_was_there(folder, tmp_path):
  files.write_atomically(f"{folder}/a", b"old")
  with pytest.raises(RuntimeError), files.writing(f"{folder}/a") as writer:
    writer.write(b"half")
    raise RuntimeError
  assert files.names_in(folder) == ["a"]
  assert (tmp_path / "a").read_bytes() == b"old"


def test_a_folder_is_there_at_the_end_or_never(folder):
  with files.writing_folder(f"{folder}/b/") as temporary:
    files.write_atomically(f"{temporary}/x", b"1")
    assert "b" not in files.names_in(folder)
  assert files.names_in(f"{folder}/b") == ["x"]
  with pytest.raises(FileExistsError, match="is there already"):
    files.writing_folder(f"{folder}/b").__enter__()
  with pytest.raises(RuntimeError), files.writing_folder(f"{folder}/c"):
    raise RuntimeError
  assert files.names_in(folder) == ["b"]
