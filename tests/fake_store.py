"""A store on loopback that TensorFlow takes for Google's.

TensorFlow's gs:// has Google's addresses built in, but goes through the proxy
that the environment names. Here that is one which answers as Google's hosts do,
with a certificate of its own. What it answers comes from gcp-storage-emulator,
whose own server has one connection at a time: here each has a thread.
"""

import contextlib
import functools
import inspect
import json
import re
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import urllib.parse
import urllib.request

import pytest

BUCKET = "bucket"
REFUSED = "somebody does not have storage.objects.create access"
_HOSTS = "DNS:www.googleapis.com,DNS:storage.googleapis.com"


class Store:
  """A running store.

  Attributes:
    environment: What a program needs to reach it as gs://bucket.
    before: Is called with method and path of each request; what it returns is
      the status of an error to answer, or None to answer as it should be.
  """

  def __init__(self, address, certificate, storage):
    self._address, self._storage = address, storage
    self.before = _nothing
    self.environment = {
      "https_proxy": address,
      "http_proxy": address,
      "no_proxy": "",
      "CURL_CA_BUNDLE": str(certificate),
      "GOOGLE_AUTH_TOKEN_FOR_TESTING": "token",
      "GCS_RETRY_CONFIG_MAX_RETRIES": "1",
      "GCS_RETRY_CONFIG_INIT_DELAY_TIME_US": "1000",
      "GCS_RETRY_CONFIG_MAX_DELAY_TIME_US": "1000",
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
    found, _ = self._storage.get_file_list(BUCKET, start)
    return [item["name"] for item in found]

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
  server = pytest.importorskip("gcp_storage_emulator.server")
  if not shutil.which("openssl"):
    pytest.skip("no openssl here, which makes the certificate")
  _take_what_tensorflow_sends(server)
  certificate, key = _make_certificate(folder)
  context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
  context.load_cert_chain(certificate, key)
  storage = _locked(server.Storage(use_memory_fs=True))
  server.buckets.create_bucket(BUCKET, storage)
  proxy = _Proxy(("localhost", 0), _Connection)
  proxy.context = context
  address = f"http://localhost:{proxy.server_address[1]}"
  store = proxy.store = Store(address, certificate, storage)
  proxy.answer = functools.partial(_handler(server), storage)
  threading.Thread(target=proxy.serve_forever, daemon=True).start()
  try:
    yield store
  finally:
    proxy.shutdown()
    proxy.server_close()


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


def _nothing(method, path):
  return None


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
      status = self.server.store.before(self.command, self.path)
      if status is not None:
        self.close_connection = True
        self.send_error(status)
      return status is None

  return Handler


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


class _Proxy(socketserver.ThreadingTCPServer):
  daemon_threads = True
  allow_reuse_address = True
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
