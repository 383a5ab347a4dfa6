"""Files that appear whole or not at all, and what they replace."""

import errno
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import zipfile

import pytest

from bert_tf.records import record_writer
from bert_tf.system import (
  files,
  output_files,
  output_folders,
  process_identity,
  temporary_names,
)
from tests.commands import running
from tests.conftest import ROOT


@pytest.fixture(params=["", "file://"], ids=["local", "scheme"])
def folder(request, tmp_path):
  """The path of a folder, as it is and through TensorFlow's file systems."""
  return f"{request.param}{tmp_path}"


def test_written_at_the_end_and_over_what_was_there(folder, tmp_path):
  path = tmp_path / "a"
  path.write_bytes(b"old")
  with output_files.writing(f"{folder}/a") as writer:
    writer.write(b"new")
    assert path.read_bytes() == b"old"
  assert path.read_bytes() == b"new"
  assert files.names_in(folder) == ["a"]


def test_what_is_staged_is_copied_where_it_cannot_be_renamed(
  tmp_path, monkeypatch
):
  """A device must not become a file, nor a link to another disk be an error."""
  pipe = tmp_path / "pipe"
  os.mkfifo(pipe)
  made = output_files.staging_name(str(pipe))
  assert os.path.dirname(made) == tempfile.gettempdir()
  pathlib.Path(made).write_bytes(b"new")
  reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
  output_files.publish(made, str(pipe))
  assert os.read(reader, 10) == b"new"
  os.close(reader)
  assert stat.S_ISFIFO(pipe.stat().st_mode)
  assert not os.path.exists(made)
  (tmp_path / "other").mkdir()
  (tmp_path / "link").symlink_to("other/a")
  made = output_files.staging_name(str(tmp_path / "link"))
  assert os.path.dirname(made) == str(tmp_path / "other")
  monkeypatch.setattr(output_files, "_is_on_another_disk", lambda *_: True)
  pathlib.Path(made).write_bytes(b"new")
  output_files.publish(made, str(tmp_path / "link"))
  assert (tmp_path / "other" / "a").read_bytes() == b"new"
  assert not os.path.exists(made)


def test_a_failure_leaves_what_was_there(folder, tmp_path):
  output_files.write_atomically(f"{folder}/a", b"old")
  with (
    pytest.raises(RuntimeError),
    output_files.writing(f"{folder}/a") as writer,
  ):
    writer.write(b"half")
    raise RuntimeError
  assert files.names_in(folder) == ["a"]
  assert (tmp_path / "a").read_bytes() == b"old"


def test_a_folder_is_there_at_the_end_or_never(folder):
  with output_folders.writing(f"{folder}/b/") as temporary:
    output_files.write_atomically(f"{temporary}/x", b"1")
    assert "b" not in files.names_in(folder)
  assert files.names_in(f"{folder}/b") == ["x"]
  with pytest.raises(FileExistsError, match="is there already"):
    output_folders.writing(f"{folder}/b").__enter__()
  with pytest.raises(RuntimeError), output_folders.writing(f"{folder}/c"):
    raise RuntimeError
  assert files.names_in(folder) == ["b"]


def test_a_folder_that_another_process_makes_meanwhile(tmp_path):
  path = tmp_path / "b"
  with (
    pytest.raises(FileExistsError, match=f"{path} is there already"),
    output_folders.writing(str(path)) as temporary,
  ):
    output_files.write_atomically(f"{temporary}/x", b"1")
    path.mkdir()
    (path / "y").write_bytes(b"2")
  assert files.names_in(str(tmp_path)) == ["b"]
  assert files.names_in(str(path)) == ["y"]


def test_links_are_followed(tmp_path):
  (tmp_path / "there").mkdir()
  target = tmp_path / "there" / "real"
  target.write_bytes(b"old")
  (tmp_path / "link").symlink_to(target)
  (tmp_path / "dangling").symlink_to("there/new")
  for name in ("link", "dangling"):
    output_files.write_atomically(tmp_path / name, b"new")
    assert (tmp_path / name).is_symlink()
  assert target.read_bytes() == b"new"
  assert (tmp_path / "there" / "new").read_bytes() == b"new"
  assert sorted(files.names_in(str(tmp_path / "there"))) == ["new", "real"]


def test_the_mode_of_a_file_is_kept(tmp_path):
  path = tmp_path / "a"
  path.write_bytes(b"old")
  path.chmod(0o640)
  output_files.write_atomically(path, b"new")
  with record_writer.RecordWriter(path) as writer:
    writer.write(b"record")
  assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_device_is_written_straight(tmp_path):
  """As root it was replaced by a file."""
  try:
    os.mknod(tmp_path / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    (tmp_path / "null").write_bytes(b"")
  except OSError:
    pytest.skip("no device can be made here")
  output_files.write_atomically(tmp_path / "null", b"text")
  with (
    output_files.writing(tmp_path / "null") as file,
    zipfile.ZipFile(file, "w") as archive,
  ):
    archive.writestr("a", "text")
  with record_writer.RecordWriter(tmp_path / "null") as writer:
    writer.write(b"record")
  assert stat.S_ISCHR((tmp_path / "null").stat().st_mode)
  assert os.listdir(tmp_path) == ["null"]


def test_a_pipe_is_written_straight(tmp_path):
  os.mkfifo(tmp_path / "pipe")
  found = []
  reader = threading.Thread(
    target=lambda: found.append((tmp_path / "pipe").read_bytes())
  )
  reader.start()
  output_files.write_atomically(tmp_path / "pipe", b"text")
  reader.join(timeout=10)
  assert found == [b"text"]
  assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "/proc/self/fd/1", "link"])
def test_standard_output_is_written_straight(tmp_path, name):
  """A file that it goes to keeps what is in it before."""
  if name == "link":
    (tmp_path / "link").symlink_to("/dev/stdout")
    name = str(tmp_path / "link")
  code = (
    "import sys; from bert_tf.system import output_files; print('before');"
    f"output_files.write_atomically({name!r}, b'text\\n'); print('after')"
  )
  with open(tmp_path / "out", "wb") as out:
    subprocess.run(
      [sys.executable, "-c", code], stdout=out, cwd=ROOT, check=True
    )
  assert (tmp_path / "out").read_text() == "before\ntext\nafter\n"


def test_no_pattern_of_data_matches_what_is_being_written(tmp_path):
  """Half files of killed runs were trained on as whole ones."""
  (tmp_path / "o.tfrecord-1").write_bytes(b"")
  for name in ("o.tfrecord-2", "o.tfrecord"):
    half = temporary_names.beside(str(tmp_path / name))
    pathlib.Path(half).write_bytes(b"half")
  for pattern in ("o.tfrecord*", "*.tfrecord*", "*", ".*"):
    wanted = [str(tmp_path / "o.tfrecord-1")] if pattern != ".*" else []
    assert files.find(f"{tmp_path}/{pattern}") == wanted
    assert files.find(f"file://{tmp_path}/{pattern}") == [
      f"file://{path}" for path in wanted
    ]
  assert files.names_in(str(tmp_path)) == ["o.tfrecord-1"]


def test_a_temporary_name_tells_its_owner_and_fits():
  for name in ("a", "x" * 255, "\N{SNOWMAN}" * 85, "a\nb"):
    made = temporary_names.beside(f"folder/{name}")
    assert temporary_names.owner(made) == process_identity.here()
    assert len(os.path.basename(made).encode()) < 200
    owner = temporary_names.owner(f"{made}.data-00000-of-00001.tempstate12")
    assert owner == process_identity.here()
  for name in (".a.tmp", "a.bert_tf-h-1-2-01234567.tmp", ".bert_tf-x.tmp"):
    assert temporary_names.owner(name) is None


def _killed():
  """The identity of a process that is over."""
  code = (
    "from bert_tf.system import process_identity as p; x = p.here();"
    "print(x.host, x.pid, x.start)"
  )
  out = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT)
  host, pid, start = out.decode().split()
  return process_identity.Process(host, int(pid), int(start))


def _name(folder, name, owner):
  return folder / (
    f".{name}.bert_tf-{owner.host}-{owner.pid}-{owner.start}-01234567.tmp"
  )


def test_what_dead_processes_left_is_swept(tmp_path):
  dead, here = _killed(), process_identity.here()
  other = process_identity.Process("another-host", dead.pid, dead.start)
  reused = process_identity.Process(here.host, here.pid, here.start + 1)
  names = [_name(tmp_path, "a", x) for x in (dead, reused, other, here)]
  for path in names:
    path.write_bytes(b"half")
  folder = _name(tmp_path, "b", dead)
  folder.mkdir()
  (folder / "x").write_bytes(b"half")
  output_files.write_atomically(tmp_path / "o", b"text")
  left = {tmp_path / "o", *names[2:]}
  assert set(tmp_path.iterdir()) == left


def test_what_another_container_writes_is_left_alone(tmp_path):
  """Its process is not seen here, its lock is."""
  path = _name(tmp_path, "a", _killed())
  with open(path, "wb") as file:
    output_files.hold(file.fileno())
    output_files.sweep(str(tmp_path))
    assert path.exists()
  output_files.sweep(str(tmp_path))
  assert not path.exists()


def test_a_full_disk_is_said():
  if not os.path.exists("/dev/full"):
    pytest.skip("no /dev/full")
  with pytest.raises(OSError, match=r"^/dev/full: cannot.*the disk is full \("):
    output_files.write_atomically("/dev/full", b"text")
  with (
    pytest.raises(OSError, match=r"^/dev/full: cannot.*the disk is full \("),
    record_writer.RecordWriter("/dev/full") as writer,
  ):
    writer.write(b"record" * 10_000)


def test_a_limit_of_size_is_said(tmp_path):
  code = (
    "import resource; from bert_tf.system import output_files\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
    "output_files.write_atomically('a', bytes(5000))"
  )
  done = subprocess.run(
    [sys.executable, "-c", code],
    cwd=tmp_path,
    env={**os.environ, "PYTHONPATH": str(ROOT)},
    capture_output=True,
    text=True,
    check=False,
  )
  assert "a: cannot be written: it grows beyond the largest" in done.stderr
  assert not list(tmp_path.iterdir())


@pytest.fixture
def nobody():
  """Root may write everywhere: for the time of a test it is not root."""
  before = os.geteuid()
  if before == 0:
    os.seteuid(65534)
  yield
  os.seteuid(before)


@pytest.fixture
def shut(nobody):
  """A folder with a file, both not to be written."""
  folder = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
  (folder / "a").write_bytes(b"old")
  (folder / "a").chmod(0o444)
  folder.chmod(0o500)
  yield folder
  folder.chmod(0o700)
  shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["new", "b/c", "a"])
def test_what_is_not_permitted_is_said(shut, name):
  with pytest.raises(PermissionError, match=f"{name}: cannot.*not permitted"):
    output_files.write_atomically(shut / name, b"text")


@pytest.mark.parametrize("name", ["", "new/folder", "b"])
def test_a_place_that_may_not_be_written_is_refused_early(shut, name):
  check = files.check_output if name == "b" else files.check_folder
  told = [[]] if name == "b" else []
  with pytest.raises(PermissionError, match=f"x {shut}.*{shut} may not be"):
    check(str(shut / name), *told, "x")
  files.check_output("/dev/null", [], "x")
  reading, writing = os.pipe()
  files.check_output(f"/dev/fd/{writing}", [], "x")
  os.close(reading)
  os.close(writing)


def test_a_file_that_may_not_be_written_is_not_replaced(shut):
  shut.chmod(0o700)
  with pytest.raises(PermissionError, match=r"a: cannot be .* not permitted"):
    output_files.write_atomically(shut / "a", b"new")
  assert (shut / "a").read_bytes() == b"old"


def test_errors_of_other_files_keep_their_words(tmp_path):
  for error in (
    FileNotFoundError(errno.ENOENT, "No such file", "/elsewhere/input"),
    BrokenPipeError(errno.EPIPE, "Broken pipe"),
  ):
    with (
      pytest.raises(type(error)) as raised,
      output_files.writing(tmp_path / "a"),
    ):
      raise error
    assert raised.value is error


def test_files_of_this_machine_need_no_tensorflow(tmp_path):
  """Its import takes seconds, and half a gigabyte of memory."""
  done = running.alone(
    "-c",
    "import sys\n"
    "from bert_tf.system import files, output_files, output_folders\n"
    "from bert_tf.system import remote_files\n"
    "folder = sys.argv[1]\n"
    "with output_folders.writing(folder + '/a') as temporary:\n"
    "  output_files.write_atomically(temporary + '/b', b'c')\n"
    "files.make_folder(folder + '/d')\n"
    "assert files.is_folder(folder + '/d')\n"
    "with output_files.writing(folder + '/d/e') as file:\n"
    "  file.write(b'f')\n"
    "files.check_folder(folder + '/g', 'output_dir')\n"
    "remote_files.check_bucket(folder)\n"
    "print('tensorflow' in sys.modules)\n",
    str(tmp_path),
  )
  assert (done.stdout, done.returncode) == ("False\n", 0), done.stderr
