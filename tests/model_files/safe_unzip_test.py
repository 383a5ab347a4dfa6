"""Zips that would write where they should not, or too much."""

import stat
import zipfile

import pytest

from bert_tf.model_files import safe_unzip

LIMIT = 1000


@pytest.fixture
def unpack(tmp_path):
  """Makes a zip of members, name or ZipInfo to bytes, and unpacks it."""

  def run(members, limit=LIMIT):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
      for member, data in members:
        archive.writestr(member, data)
    folder = tmp_path / "in" / "folder"
    folder.mkdir(parents=True)
    safe_unzip.unpack(str(path), str(folder), limit)
    return folder

  return run


def special(name, mode):
  member = zipfile.ZipInfo(name)
  member.create_system = 3  # Unix
  member.external_attr = mode << 16
  return member


def test_plain_files(unpack):
  folder = unpack([("m/", b""), ("m/a.txt", b"a"), ("b..c", b"bc")])
  assert (folder / "m" / "a.txt").read_bytes() == b"a"
  assert (folder / "b..c").read_bytes() == b"bc"


@pytest.mark.parametrize(
  "name",
  ["../a", "m/../../a", "/tmp/a", "..", "m/..", "\\a", "m\\..\\a", "C:/a"],
)
def test_names_that_leave_the_folder(unpack, name, tmp_path):
  with pytest.raises(safe_unzip.UnsafeZipError, match="the member"):
    unpack([("good", b"1"), (special(name, 0), b"x")])
  assert not list((tmp_path / "in" / "folder").iterdir())
  assert {x.name for x in tmp_path.iterdir()} == {"a.zip", "in"}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices(unpack, kind, tmp_path):
  members = [(special("m", kind | 0o777), b"/etc"), ("m/passwd", b"x")]
  with pytest.raises(safe_unzip.UnsafeZipError, match="a link or a device"):
    unpack(members)
  assert not list((tmp_path / "in" / "folder").iterdir())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice(unpack):
  with pytest.raises(safe_unzip.UnsafeZipError, match="there twice"):
    unpack([("a", b"1"), ("a", b"2")])


def test_too_large_together(unpack):
  unpack([("a", bytes(LIMIT - 1)), ("b", b"1")])


def test_too_large_together_by_one(unpack):
  with pytest.raises(safe_unzip.UnsafeZipError, match="larger than"):
    unpack([("a", bytes(LIMIT)), ("b", b"1")])


def test_sizes_that_lie(unpack, tmp_path, monkeypatch):
  """The stated size is small, what comes out is not."""
  monkeypatch.setattr(safe_unzip, "_check", lambda *_: None)
  with pytest.raises(safe_unzip.UnsafeZipError, match="larger than"):
    unpack([("bomb", bytes(50 << 20))])
  written = (tmp_path / "in" / "folder" / "bomb").stat().st_size
  assert written <= safe_unzip._CHUNK


@pytest.mark.parametrize("damage", [b"", b"<html>no</html>"])
def test_not_a_zip(tmp_path, damage):
  path = tmp_path / "a.zip"
  path.write_bytes(damage)
  with pytest.raises(safe_unzip.DamagedZipError, match=r"a\.zip: not a zip"):
    safe_unzip.unpack(str(path), str(tmp_path), LIMIT)


def test_a_bit_that_flipped(tmp_path):
  path = tmp_path / "a.zip"
  with zipfile.ZipFile(path, "w") as archive:
    archive.writestr("a", b"y" * 100)
  data = bytearray(path.read_bytes())
  data[60] ^= 1
  path.write_bytes(data)
  with pytest.raises(safe_unzip.DamagedZipError, match="Bad CRC-32"):
    safe_unzip.unpack(str(path), str(tmp_path), LIMIT)
