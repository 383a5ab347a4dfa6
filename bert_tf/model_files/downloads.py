"""Downloading one file: resumed where it broke off, never taken for whole.

The bytes go to `PATH.part`, and `PATH.part.json` notes what they are part of.
A later attempt, in this process or another, asks the server for the rest; it
starts anew if the server sends all, or if the file has changed meanwhile.
"""

import dataclasses
import hashlib
import http.client
import io
import json
import os
import re
import shutil
import socket
import ssl
import time
import urllib.error
from email import message
from typing import Any, NoReturn
from urllib import parse, request

from absl import logging

from bert_tf.model_files import download_progress, download_settings
from bert_tf.system import files, output_files, write_errors

_CHUNK = 1 << 16
_AGENT = {"User-Agent": "bert_tf", "Accept-Encoding": "identity"}
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)$")
_SHA256 = re.compile(r'"?([0-9a-f]{64})"?$')
# What the server says of a file by its redirection, of what it redirects to.
_LINKED = "X-linked-etag"  # As urllib spells its headers.
_ABSENT = (404, 410)
_FORBIDDEN = (401, 403)
_NOT_SATISFIABLE = 416
# How a connection breaks, with TLS and without.
_BROKEN = (ConnectionError, TimeoutError, ssl.SSLError)
_PASSING = (408, 425, 429, 500, 502, 503, 504)


class DownloadError(OSError):
  """A file could not be downloaded."""


class NotFoundError(DownloadError):
  """There is no such file at an address, or it is not public."""


class ForbiddenError(NotFoundError):
  """A server does not tell whether there is such a file."""


class _BrokenOffError(OSError):
  """A connection ended before the file did; another may go on."""


@dataclasses.dataclass(frozen=True)
class _Part:
  """What the bytes in a `.part` file are part of.

  Attributes:
    validator: ETag or date of the file; empty if the server told none.
    total: Bytes of the whole file; None if the server did not tell.
  """

  validator: str = ""
  total: int | None = None


def fetch(
  url: str, path: str, settings: download_settings.DownloadSettings
) -> None:
  """Downloads a file.

  Args:
    url: Its address, https://, http:// or file://.
    path: Where it goes; appears when it is complete. Its folder exists.
    settings: Timeout and attempts; offline refuses all but file://.

  Raises:
    NotFoundError: There is no such file.
    DownloadError: It cannot be downloaded; the message says what was tried.
  """
  if url.startswith("file:"):
    _copy(url, path)
    return
  if settings.offline:
    raise DownloadError(
      f"{url} is not in the cache {settings.home}, and "
      f"{download_settings.OFFLINE} is set: unset it once to download"
    )
  part, failures = f"{path}.part", 0
  with download_progress.Progress(os.path.basename(path)) as progress:
    while True:
      before = _size(part)
      try:
        checksum = _continue(url, part, settings, progress)
        break
      except (_BrokenOffError, http.client.HTTPException) as broken:
        reached = _size(part)
        failures = 0 if reached > before else failures + 1
        if failures >= settings.attempts:
          raise DownloadError(
            f"{url}: given up after {failures} attempts without progress, at "
            f"{reached} bytes: {broken}. The same command goes on from there"
          ) from broken
        logging.warning(
          "%s: %s; trying again from byte %d", url, broken, reached
        )
        time.sleep(settings.pause * 2 ** max(failures - 1, 0))
  _check_sha256(url, part, checksum)
  os.replace(part, path)
  _remove(f"{part}.json")


def sha256(path: str) -> str:
  """The SHA-256 of a file, in hexadecimal."""
  with open(path, "rb") as file:
    return hashlib.file_digest(file, "sha256").hexdigest()


def discard(path: str) -> None:
  """Removes a file that was downloaded, whole or in part."""
  for name in (path, f"{path}.part", f"{path}.part.json"):
    _remove(name)


def _copy(url: str, path: str) -> None:
  source = request.url2pathname(parse.urlsplit(url).path)
  if not os.path.isfile(source):
    raise NotFoundError(f"{url}: there is no file {source}")
  shutil.copyfile(source, f"{path}.part")
  os.replace(f"{path}.part", path)


def _continue(
  url: str,
  part: str,
  settings: download_settings.DownloadSettings,
  progress: download_progress.Progress,
) -> str | None:
  """Opens one connection and appends what it brings to a `.part` file.

  Returns:
    The SHA-256 that the server told of the whole file; None if it told none.
  """
  before, have = _read_note(part), _size(part)
  headers = dict(_AGENT)
  resumes = bool(have and before.validator)
  if resumes:
    headers |= {"Range": f"bytes={have}-", "If-Range": before.validator}
  asked = request.Request(url, headers=headers)
  try:
    with _OPENER.open(asked, timeout=settings.timeout) as response:
      told = _Part(_validator(response.headers), _total(response, have))
      if response.status == http.client.PARTIAL_CONTENT:
        if not resumes or told != before:
          _remove(part)
          raise _BrokenOffError("the file has changed on the server")
      else:
        have = 0
        _remove(part)
        _check_space(url, part, told.total)
        note = json.dumps(dataclasses.asdict(told)).encode()
        output_files.write_atomically(f"{part}.json", note)
      _append(response, part, have, told.total, progress)
      return _told_sha256(response, asked)
  except urllib.error.HTTPError as error:
    _raise(url, part, error)
  except (urllib.error.URLError, *_BROKEN) as error:
    reason = getattr(error, "reason", error)
    if isinstance(reason, socket.gaierror | ConnectionRefusedError):
      raise DownloadError(
        f"{url}: cannot connect to {parse.urlsplit(url).netloc} ({reason}); "
        f"check the network, or name a mirror ({download_settings.MIRROR}; of "
        f"Hugging Face {download_settings.ENDPOINT})"
      ) from error
    is_untrusted = isinstance(reason, ssl.SSLCertVerificationError)
    if isinstance(reason, _BROKEN) and not is_untrusted:
      raise _BrokenOffError(str(reason) or "the connection broke") from error
    raise DownloadError(f"{url}: {reason}") from error


def _append(
  response: Any,
  part: str,
  have: int,
  total: int | None,
  progress: download_progress.Progress,
) -> None:
  """Appends a response to a file; what has come stays when it breaks off."""
  progress.start(have, total)
  with open(part, "ab", buffering=0) as file:
    while chunk := response.read1(_CHUNK):
      # Of writing alone: what connections raise has numbers of other meaning.
      with write_errors.named(part):
        _write(file, chunk)
      have += len(chunk)
      progress.reach(have)
  if total is not None and have < total:
    raise _BrokenOffError(f"the connection ended at byte {have} of {total}")
  output_files.sync(part)


def _write(file: io.FileIO, data: bytes) -> None:
  """Writes all of it: a file without a buffer may take less at a time."""
  left = memoryview(data)
  while left:
    left = left[file.write(left) :]


def _raise(url: str, part: str, error: urllib.error.HTTPError) -> NoReturn:
  """Raises what an answer with an error status means."""
  answer = f"the server answered {error.code} ({error.reason})"
  if error.code == _NOT_SATISFIABLE:  # The file has become shorter.
    _remove(part)
    raise _BrokenOffError(answer) from error
  if error.code in _PASSING:
    raise _BrokenOffError(answer) from error
  if error.code in _ABSENT:
    raise NotFoundError(f"{url}: {answer}") from error
  if error.code in _FORBIDDEN:
    raise ForbiddenError(f"{url}: {answer}") from error
  raise DownloadError(f"{url}: {answer}") from error


def _validator(headers: message.Message) -> str:
  """What tells this version of the file from others."""
  tag = headers.get("ETag") or ""
  if tag and not tag.startswith("W/"):
    return tag
  return headers.get("Last-Modified") or ""


def _total(response: Any, have: int) -> int | None:
  """Bytes of the whole file, as a response tells them.

  Raises:
    _BrokenOffError: The response is another part than the one asked for.
  """
  if response.status != http.client.PARTIAL_CONTENT:
    length = response.headers.get("Content-Length") or ""
    return int(length) if length.isdigit() else None
  found = _RANGE.match(response.headers.get("Content-Range") or "")
  if not found or int(found[1]) != have:
    raise DownloadError(
      f"{response.url}: expected the bytes from {have}, and the server sent "
      f"{response.headers.get('Content-Range')}"
    )
  return int(found[2])


def _told_sha256(response: Any, asked: request.Request) -> str | None:
  tags = asked.get_header(_LINKED), response.headers.get("ETag")
  found = (_SHA256.match(tag) for tag in tags if tag)
  return next((match[1] for match in found if match), None)


def _check_sha256(url: str, part: str, told: str | None) -> None:
  if told is None or (found := sha256(part)) == told:
    return
  discard(part.removesuffix(".part"))
  raise DownloadError(
    f"{url}: the download is damaged: its SHA-256 is {found}, expected {told}"
  )


def _check_space(url: str, part: str, total: int | None) -> None:
  folder = os.path.dirname(part) or "."
  free = shutil.disk_usage(folder).free
  if total is not None and free < total:
    raise DownloadError(
      f"{url}: needs {total >> 20} MiB in {folder}, where {free >> 20} MiB are "
      f"free; {download_settings.HOME} names another directory"
    )


def _size(path: str) -> int:
  return os.path.getsize(path) if os.path.exists(path) else 0


def _read_note(part: str) -> _Part:
  """What the bytes are part of; nothing where the note is lost or damaged."""
  try:
    return _Part(**files.read_json(f"{part}.json"))
  except (OSError, ValueError, TypeError):
    return _Part()


def _remove(path: str) -> None:
  if os.path.exists(path):
    os.remove(path)


class _Redirections(request.HTTPRedirectHandler):
  """Follows redirections, but never from https:// to something weaker."""

  def redirect_request(
    self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
  ) -> Any:
    """The request to the new address; keeps what is told of the file."""
    if req.full_url.startswith("https:") and not newurl.startswith("https:"):
      raise DownloadError(
        f"{req.full_url}: redirects to {newurl}, expected an https:// address"
      )
    followed = super().redirect_request(req, fp, code, msg, headers, newurl)
    linked = headers.get(_LINKED)
    if followed is not None and linked:
      req.add_unredirected_header(_LINKED, linked)
    return followed


_OPENER = request.build_opener(_Redirections)
