"""Downloading from a server that cuts, stalls, changes, redirects, lies."""

import collections
import dataclasses
import hashlib
import http.client
import resource
import shutil
import ssl

import pytest

from bert_tf.model_files import download_settings, downloads
from tests.model_files import file_server

DATA = bytes(range(256)) * 2000
FILE = "/a.bin"


@pytest.fixture
def server():
  with file_server.serving({FILE: DATA}) as served:
    yield served


@pytest.fixture
def settings(tmp_path):
  return download_settings.DownloadSettings(
    str(tmp_path), timeout=0.3, attempts=3, pause=0.001
  )


@pytest.fixture
def fetch(server, settings, tmp_path):
  def run(path=FILE, **changed):
    told = dataclasses.replace(settings, **changed)
    target = tmp_path / "got.bin"
    downloads.fetch(server.url + path, str(target), told)
    return target.read_bytes()

  return run


def leftovers(tmp_path):
  return sorted(path.name for path in tmp_path.iterdir())


def test_whole(fetch, tmp_path):
  assert fetch() == DATA
  assert leftovers(tmp_path) == ["got.bin"]


@pytest.mark.parametrize("fault", ["cut", "stall"])
def test_it_goes_on_where_it_broke_off(fetch, server, fault, tmp_path):
  server.faults[FILE] = [(fault, 100_000), (fault, 5), (fault, 200_000), None]
  assert fetch() == DATA
  assert server.asked(FILE) == [
    None,
    "bytes=100000-",
    "bytes=100005-",
    "bytes=300005-",
  ]
  assert leftovers(tmp_path) == ["got.bin"]


def test_another_process_goes_on(fetch, server, tmp_path):
  server.faults[FILE] = [("cut", 1000)] + [("cut", 0)] * 3
  with pytest.raises(downloads.DownloadError, match=r"at 1000 bytes.*goes on"):
    fetch()
  assert leftovers(tmp_path) == ["got.bin.part", "got.bin.part.json"]
  assert fetch() == DATA
  assert server.asked(FILE)[-1] == "bytes=1000-"


@pytest.mark.parametrize(
  ("error", "goes_on"),
  [
    (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), True),
    (ConnectionResetError(104, "reset"), True),
    (ssl.SSLError(1, "bad record mac"), True),
    (ssl.SSLCertVerificationError(1, "self-signed certificate"), False),
  ],
)
def test_how_connections_break(fetch, monkeypatch, error, goes_on):
  errors = [error]
  read1 = http.client.HTTPResponse.read1

  def broken(response, count):
    if errors and response.length < len(DATA):
      raise errors.pop()
    return read1(response, count)

  monkeypatch.setattr(http.client.HTTPResponse, "read1", broken)
  if goes_on:
    assert fetch() == DATA
  else:
    with pytest.raises(downloads.DownloadError, match="self-signed"):
      fetch()


def test_it_ends_where_nothing_comes(fetch, server):
  server.faults[FILE] = [("cut", 0)] * 9
  with pytest.raises(downloads.DownloadError, match="3 attempts without"):
    fetch()
  assert len(server.requests) == 3


def test_progress_counts_anew(fetch, server):
  server.faults[FILE] = [("cut", 0), ("cut", 0), ("cut", 9), *[("cut", 0)] * 2]
  assert fetch() == DATA
  assert len(server.requests) == 6


def test_a_server_without_ranges(fetch, server):
  server.ranges = False
  server.faults[FILE] = [("cut", 1000), None]
  assert fetch() == DATA
  assert server.asked(FILE) == [None, "bytes=1000-"]


def test_a_server_without_ranges_that_always_cuts(fetch, server):
  server.ranges = False
  server.faults[FILE] = [("cut", 1000)] * 9
  with pytest.raises(downloads.DownloadError, match="3 attempts without"):
    fetch()


def test_nothing_is_appended_to_what_may_be_another_file(fetch, server):
  server.validators = False
  server.faults[FILE] = [("cut", 1000), None]
  assert fetch() == DATA
  assert server.asked(FILE) == [None, None]


@pytest.mark.parametrize("size", [50_000, 500, 1000])
def test_a_file_that_changes_meanwhile(fetch, server, size):
  server.faults[FILE] = [("cut", 1000)] + [("cut", 0)] * 3
  with pytest.raises(downloads.DownloadError):
    fetch()
  server.files[FILE] = b"n" * size
  assert fetch() == b"n" * size


def test_a_part_of_another_length_than_told(fetch, server, tmp_path):
  (tmp_path / "got.bin.part").write_bytes(b"x" * (len(DATA) + 5))
  tag = hashlib.md5(DATA).hexdigest()
  (tmp_path / "got.bin.part.json").write_text(
    f'{{"validator": "\\"{tag}\\"", "total": {len(DATA)}}}'
  )
  assert fetch() == DATA


@pytest.mark.parametrize("note", ["", "[]", '{"x": 1}'])
def test_a_damaged_note(fetch, tmp_path, note):
  (tmp_path / "got.bin.part").write_bytes(b"xyz")
  (tmp_path / "got.bin.part.json").write_text(note)
  assert fetch() == DATA


def test_redirections(fetch, server):
  server.faults["/old"] = [("redirect", server.url + "/older", {})]
  server.faults["/older"] = [("redirect", FILE, {})]
  assert fetch("/old") == DATA


def test_redirections_without_end(fetch, server):
  server.faults["/old"] = [("redirect", "/old", {})] * 20
  with pytest.raises(downloads.DownloadError, match="302"):
    fetch("/old")
  assert len(server.requests) < 20


def test_a_part_is_asked_of_the_new_address(fetch, server):
  server.faults["/old"] = [("redirect", FILE, {})] * 2
  server.faults[FILE] = [("cut", 7)]
  assert fetch("/old") == DATA
  assert server.asked(FILE) == [None, "bytes=7-"]


@pytest.mark.parametrize("to", ["file:///etc/hostname", "ftp://localhost/x"])
def test_redirections_stay_on_the_web(fetch, server, to):
  server.faults["/old"] = [("redirect", to, {})]
  with pytest.raises(downloads.DownloadError):
    fetch("/old")


def test_no_redirection_to_what_is_not_encrypted():
  asked = downloads.request.Request("https://localhost/a")
  with pytest.raises(downloads.DownloadError, match="expected an https://"):
    downloads._Redirections().redirect_request(
      asked, None, 302, "Found", {}, "http://localhost/a"
    )


def test_a_checksum_that_the_redirection_tells(fetch, server, tmp_path):
  linked = {"X-Linked-Etag": f'"{hashlib.sha256(DATA).hexdigest()}"'}
  server.faults["/old"] = [("redirect", FILE, linked)] * 2
  assert fetch("/old") == DATA
  (tmp_path / "got.bin").unlink()
  server.faults[FILE] = [("corrupt",)]
  with pytest.raises(downloads.DownloadError, match="damaged: its SHA-256"):
    fetch("/old")
  assert leftovers(tmp_path) == []


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_not_there(fetch, server, status):
  server.faults[FILE] = [("status", status)]
  with pytest.raises(downloads.NotFoundError, match=f"answered {status}"):
    fetch()
  assert len(server.requests) == 1


def test_a_busy_server_is_asked_again(fetch, server):
  server.faults[FILE] = [("status", 503), ("status", 429), None]
  assert fetch() == DATA


def test_other_answers_are_not(fetch, server):
  server.faults[FILE] = [("status", 400)]
  with pytest.raises(downloads.DownloadError, match="answered 400"):
    fetch()
  assert len(server.requests) == 1


def test_no_server(settings, tmp_path):
  with file_server.serving({}) as served:
    url = served.url
  with pytest.raises(downloads.DownloadError, match="BERT_TF_MIRROR"):
    downloads.fetch(f"{url}/a", str(tmp_path / "a"), settings)


def test_a_disk_that_is_too_small(fetch, monkeypatch):
  usage = collections.namedtuple("usage", "free")
  monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(1000))
  with pytest.raises(downloads.DownloadError, match="MiB are free"):
    fetch()


def test_a_disk_that_fills_up(fetch, server):
  """A limit of a file's size stands for it."""
  soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
  resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
  try:
    with pytest.raises(OSError, match=r"got\.bin\.part: cannot be written"):
      fetch()
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
  assert len(server.requests) == 1
  assert fetch() == DATA


def test_offline(fetch, server):
  with pytest.raises(downloads.DownloadError, match="BERT_TF_OFFLINE is set"):
    fetch(offline=True)
  assert not server.requests


def test_file_addresses_even_offline(settings, tmp_path):
  source = tmp_path / "with space é.bin"
  source.write_bytes(DATA)
  target = tmp_path / "got.bin"
  told = dataclasses.replace(settings, offline=True)
  downloads.fetch(source.as_uri(), str(target), told)
  assert target.read_bytes() == DATA
  with pytest.raises(downloads.NotFoundError, match="there is no file"):
    downloads.fetch(f"{source.as_uri()}x", str(target), told)
