"""A store on loopback that TensorFlow takes for Google's.

TensorFlow's gs:// has Google's addresses built in, but goes through the proxy
that the environment names. Here that is one which answers as Google's hosts do,
with a certificate of its own, and hands requests on to gcp-storage-emulator.
"""

import contextlib
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
_HOSTS = "DNS:www.googleapis.com,DNS:storage.googleapis.com"


class Store:
  """A running store.

  Attributes:
    environment: What a program needs to reach it as gs://bucket.
  """

  def __init__(self, port, environment):
    self.environment = environment
    self._address = f"http://localhost:{port}"

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
  with socket.socket() as free:
    free.bind(("localhost", 0))
    port = free.getsockname()[1]
  emulator = server.create_server(
    "localhost", port, in_memory=True, default_bucket=BUCKET
  )
  emulator.start()
  proxy = _Proxy(("localhost", 0), _Connection)
  proxy.context, proxy.emulator = context, ("localhost", port)
  threading.Thread(target=proxy.serve_forever, daemon=True).start()
  address = f"http://localhost:{proxy.server_address[1]}"
  try:
    yield Store(
      port,
      {
        "https_proxy": address,
        "http_proxy": address,
        "no_proxy": "",
        "CURL_CA_BUNDLE": str(certificate),
        "GOOGLE_AUTH_TOKEN_FOR_TESTING": "token",
        "GCS_RETRY_CONFIG_MAX_RETRIES": "1",
      },
    )
  finally:
    proxy.shutdown()
    proxy.server_close()
    emulator.stop()


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


class _Connection(socketserver.StreamRequestHandler):
  """One connection: the emulator closes it after one answer."""

  rbufsize = 0  # so that nothing is read ahead of what is handed on

  def handle(self):
    method, target, version = self.rfile.readline().split()
    if method == b"CONNECT":
      while self.rfile.readline().strip():
        pass
      self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
      client = self.server.context.wrap_socket(
        self.connection, server_side=True
      )
      # The emulator has one client at a time: none that says nothing yet.
      first = client.recv(1 << 16)
    else:  # the address of an upload, which the emulator has as http://
      client = self.connection
      path = b"/" + target.split(b"/", 3)[3]
      first = b" ".join([method, path, version]) + b"\r\n"
    if not first:
      return
    with socket.create_connection(self.server.emulator) as emulator:
      emulator.sendall(first)
      threading.Thread(
        target=_copy, args=(client, emulator), daemon=True
      ).start()
      _copy(emulator, client)
    with contextlib.suppress(OSError):
      client.shutdown(socket.SHUT_RDWR)
    client.close()


def _copy(source, target):
  """Hands on what comes until one side has left."""
  with contextlib.suppress(OSError):
    while data := source.recv(1 << 16):
      target.sendall(data)
