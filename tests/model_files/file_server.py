"""A server on loopback that misbehaves as it is told."""

import contextlib
import dataclasses
import hashlib
import http.server
import re
import threading

import pytest


@dataclasses.dataclass
class FileServer:
  """Files by path, and what goes wrong with the next requests for them.

  Attributes:
    files: Bytes by path, "/a.zip".
    faults: A list by path; each request takes the first: `("cut", n)` ends the
      connection after n bytes, `("stall", n)` stops sending, `("corrupt",)`
      flips a bit, `("redirect", url, headers)`, `("status", code)`,
      `("delay", seconds)`, `None` nothing.
    ranges: Whether parts are sent, by If-Range as it should be.
    validators: Whether an ETag is sent.
    requests: What was asked for: (path, Range or None).
    headers: Further headers of all answers.
  """

  files: dict
  faults: dict = dataclasses.field(default_factory=dict)
  ranges: bool = True
  validators: bool = True
  requests: list = dataclasses.field(default_factory=list)
  headers: dict = dataclasses.field(default_factory=dict)
  url: str = ""
  closing: threading.Event = dataclasses.field(default_factory=threading.Event)

  def asked(self, path):
    return [asked for of, asked in self.requests if of == path]


@contextlib.contextmanager
def serving(files):
  """Serves files until the end of the block."""
  served = FileServer(files)

  class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
      answer(served, self)

    def log_message(self, *_):
      pass

  server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
  served.url = f"http://127.0.0.1:{server.server_address[1]}"
  thread = threading.Thread(target=server.serve_forever, args=(0.01,))
  thread.start()
  try:
    with pytest.MonkeyPatch.context() as patch:
      patch.setenv("no_proxy", "127.0.0.1")
      yield served
  finally:
    served.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


def answer(served, request):
  path, asked = request.path, request.headers.get("Range")
  served.requests.append((path, asked))
  faults = served.faults.get(path) or [None]
  kind, *details = faults.pop(0) or ("",)
  if kind == "status":
    return request.send_error(details[0])
  if kind == "redirect":
    request.send_response(302)
    for name, value in {"Location": details[0], **details[1]}.items():
      request.send_header(name, value)
    request.send_header("Content-Length", "0")
    return request.end_headers()
  if path not in served.files:
    return request.send_error(404)
  if kind == "delay":
    served.closing.wait(details[0])
  data = served.files[path]
  body = head(served, request, data, asked)
  if kind == "corrupt":
    middle = len(body) // 2
    body = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
  sent = details[0] if kind in ("cut", "stall") else len(body)
  with contextlib.suppress(ConnectionError):
    request.wfile.write(body[:sent])
    request.wfile.flush()
    if kind == "stall":
      served.closing.wait(10)
  return None


def head(served, request, data, asked):
  """Sends the headers; returns the body that belongs to them."""
  tag = f'"{hashlib.md5(data).hexdigest()}"'
  start = 0
  if asked and served.ranges and request.headers.get("If-Range") in (None, tag):
    start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
  if start and start >= len(data):
    request.send_error(416)
    return b""
  request.send_response(206 if start else 200)
  if start:
    span = f"bytes {start}-{len(data) - 1}/{len(data)}"
    request.send_header("Content-Range", span)
  if served.validators:
    request.send_header("ETag", tag)
  for name, value in served.headers.items():
    request.send_header(name, value)
  request.send_header("Content-Length", str(len(data) - start))
  request.end_headers()
  return data[start:]
