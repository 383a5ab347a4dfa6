"""A store on loopback that TensorFlow takes for Google's; also as a program.

TensorFlow's gs:// has Google's addresses built in, but goes through the proxy
that the environment names. Here that is one which answers as Google's hosts do,
with a certificate of its own. What it answers comes from gcp-storage-emulator,
whose own server has one connection at a time: here each has a thread. And it is
a process of its own: TensorFlow's reader of checkpoints keeps Python's lock
while it waits for an answer, which no thread of this process could then give.
"""

import contextlib
import functools
import inspect
import json
import pathlib
import re
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import pytest

BUCKET = "bucket"
REFUSED = "somebody does not have storage.objects.create access"
HELD = 0  # an answer that does not come
_HOSTS = "DNS:www.googleapis.com,DNS:storage.googleapis.com"
_ROOT = pathlib.Path(__file__).resolve().parents[1]


class Store:
  """A running store.

  Attributes:
    environment: What a program needs to reach it as gs://bucket.
  """

  def __init__(self, address, certificate):
    self._address = address
    self.environment = {
      "https_proxy": address,
      "http_proxy": address,
      "no_proxy": "",
      "CURL_CA_BUNDLE": str(certificate),
      "GOOGLE_AUTH_TOKEN_FOR_TESTING": "token",
    }

  def put(self, name, data):
    """Writes an object."""
    query = urllib.parse.urlencode({"uploadType": "media", "name": name})
    self._ask("POST", f"/upload/storage/v1/b/{BUCKET}/o?{query}", data)

  def get(self, name):
    """Reads an object."""
    return self._ask("GET", f"/{BUCKET}/{name}")

  def remove(self, name):
    """Removes an object."""
    quoted = urllib.parse.quote(name, safe="")
    self._ask("DELETE", f"/storage/v1/b/{BUCKET}/o/{quoted}")

  def names(self, start=""):
    """The names of all objects that start so, sorted."""
    query = urllib.parse.urlencode({"prefix": start})
    found = json.loads(self._ask("GET", f"/storage/v1/b/{BUCKET}/o?{query}"))
    return [item["name"] for item in found["items"]]

  def watch(self, pattern, status=None):
    """Remembers the requests that match, and answers an error if one is given.

    Args:
      pattern: Of the method and the path, with a space between; empty for none.
      status: Of HTTP; `HELD` for no answer. TensorFlow asks again for a minute
        after those of 500 and above.
    """
    told = json.dumps({"pattern": pattern, "status": status}).encode()
    self._ask("POST", "/watch", told)

  def seen(self):
    """The requests that matched."""
    return json.loads(self._ask("GET", "/watch"))

  def wait(self):
    """Waits until a request matches."""
    deadline = time.monotonic() + 120
    while not self.seen():
      assert time.monotonic() < deadline
      time.sleep(0.05)

  def _ask(self, method, path, data=None):
    request = urllib.request.Request(
      self._address + path, data, {"Content-Type": "text/plain"}, method=method
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
      return answer.read()


@contextlib.contextmanager
def running(folder):
  """Runs a store until the end of the block; skips where it cannot.

  Args:
    folder: For the certificate.
  """
  pytest.importorskip("gcp_storage_emulator.server")
  if not shutil.which("openssl"):
    pytest.skip("no openssl here, which makes the certificate")
  certificate, key = _make_certificate(folder)
  process = subprocess.Popen(
    [sys.executable, "-m", "tests.fake_store", str(certificate), str(key)],
    stdout=subprocess.PIPE,
    cwd=_ROOT,
    text=True,
  )
  try:
    port = int(process.stdout.readline())
    yield Store(f"http://localhost:{port}", certificate)
  finally:
    process.kill()
    process.communicate()


def _make_certificate(folder):
  certificate, key = folder / "store.pem", folder / "store.key"
  options = ["-nodes", "-days", "2", "-subj", "/CN=store"]
  subprocess.run(
    [
      *("openssl", "req", "-x509", "-newkey", "rsa:2048", *options),
      *("-addext", f"subjectAltName={_HOSTS}"),
      *("-keyout", str(key), "-out", str(certificate)),
    ],
    check=True,
    capture_output=True,
  )
  return certificate, key


def _serve(certificate, key):
  from gcp_storage_emulator import server

  _take_what_tensorflow_sends(server)
  storage = _locked(server.Storage(use_memory_fs=True))
  server.buckets.create_bucket(BUCKET, storage)
  proxy = _Proxy(("localhost", 0), _Connection)
  proxy.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
  proxy.context.load_cert_chain(certificate, key)
  proxy.answer = functools.partial(_handler(server), storage)
  proxy.watched, proxy.seen = {"pattern": ""}, []
  print(proxy.server_address[1], flush=True)
  proxy.serve_forever()


def _take_what_tensorflow_sends(server):
  """Lets the emulator read two things that it fails at.

  TensorFlow makes a folder as an object of no bytes, named `folder/`; and it
  sends files in chunks with a Content-Length, which then does not count.
  """
  read_raw, read = server._read_raw_data, server._read_data

  def without_length(handler):
    if handler.headers.get("Transfer-Encoding", "").lower() == "chunked":
      del handler.headers["Content-Length"]
    return read_raw(handler)

  def or_empty(handler, query):
    is_media = query.get("uploadType") == ["media"]
    return read(handler, query) or (b"" if is_media else None)

  server._read_raw_data, server._read_data = without_length, or_empty


def _locked(storage):
  """Lets one thread at a time use the storage, not made for several."""
  lock = threading.RLock()

  def call(method, *arguments, **named):
    with lock:
      return method(*arguments, **named)

  for name, method in inspect.getmembers(storage, inspect.ismethod):
    setattr(storage, name, functools.partial(call, method))
  return storage


def _handler(server):
  class Handler(server.RequestHandler):
    """The emulator's, which may be told to answer errors."""

    # Says "100 Continue", without which senders of much wait for a second.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # As Google's, which tell the reason in JSON.
    error_message_format = json.dumps(
      {"error": {"code": "%(code)d", "message": REFUSED}}, indent=1
    )

    def parse_request(self):
      if not super().parse_request():
        return False
      # To a proxy a whole address is sent.
      self.path = re.sub("^http://[^/]*", "", self.path)
      if self.path == "/watch":
        self._watch()
        return False
      line, watched = f"{self.command} {self.path}", self.server.watched
      if not watched["pattern"] or not re.search(watched["pattern"], line):
        return True
      self.server.seen.append(line)
      while watched["status"] == HELD and watched is self.server.watched:
        time.sleep(0.05)
      if watched["status"]:
        self.close_connection = True
        self.send_error(watched["status"])
      return not watched["status"]

    def _watch(self):
      answer = json.dumps(self.server.seen).encode()
      if self.command == "POST":
        length = int(self.headers["Content-Length"])
        self.server.watched = json.loads(self.rfile.read(length))
        self.server.seen = []
      self.send_response(200)
      self.send_header("Content-Length", str(len(answer)))
      self.end_headers()
      self.wfile.write(answer)

    def log_message(self, *arguments):
      pass

  return Handler


class _Proxy(socketserver.ThreadingTCPServer):
  daemon_threads = True
  request_queue_size = 64


class _Connection(socketserver.BaseRequestHandler):
  """One connection, of a client of the proxy or of the store itself."""

  def handle(self):
    client = self.request
    # A program that is killed leaves in the middle of something.
    with contextlib.suppress(OSError):
      if client.recv(7, socket.MSG_PEEK) == b"CONNECT":
        with client.makefile("rb", buffering=0) as lines:
          while lines.readline().strip():
            pass
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        client = self.server.context.wrap_socket(client, server_side=True)
      self.server.answer(client, self.client_address, self.server)
      client.shutdown(socket.SHUT_RDWR)
    client.close()


if __name__ == "__main__":
  _serve(*sys.argv[1:])
