"""Load for a server: clients that ask again and again, and what they saw."""

import collections
import dataclasses
import http.client
import itertools
import json
import math
import threading
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from typing import Any

from bert_tf.text import text_lines

_MOST_CLIENTS = 256
_LONGEST = 3600.0
_TIMEOUT = 60.0
_HERE = ("127.0.0.1", "localhost", "::1")
_TEXTS = (
  "Fine.",
  "The soup was cold and nobody came to ask.",
  "We took the early train, sat by the window, and talked about the house at "
  "the lake until the conductor asked us to be quiet.",
  "The second act drags. The third one makes up for it: two brothers, one "
  "boat, a storm that never quite arrives, and a last line that the whole row "
  "in front of me repeated on the way out.",
  "Not again!",
  "I would buy it a second time, though the handle is loose.",
)


@dataclasses.dataclass(frozen=True)
class LoadSettings:
  """What is asked of which server.

  Attributes:
    url: The model's address.
    clients: Clients that ask at once, each one request after the other.
    seconds: How long.
    texts: A file of texts; None for those built in.
    rate: Requests a second of all clients; 0 for as many as are answered.
    allow_remote: Whether the server may be another machine.
  """

  url: str
  clients: int = 8
  seconds: float = 10.0
  texts: str | None = None
  rate: float = 0.0
  allow_remote: bool = False

  def __post_init__(self) -> None:
    parts = urllib.parse.urlsplit(self.url)
    if parts.scheme != "http" or not parts.hostname or ":" in parts.path:
      raise ValueError(
        f"--url={self.url}: expected http://HOST:PORT/v1/models/NAME"
      )
    if parts.hostname not in _HERE and not self.allow_remote:
      raise ValueError(
        f"--url={self.url}: {parts.hostname} is not this machine; give "
        "--allow_remote if it is yours to load"
      )
    if not 1 <= self.clients <= _MOST_CLIENTS:
      raise ValueError(
        f"--clients={self.clients}: expected 1 to {_MOST_CLIENTS}"
      )
    if not 0 < self.seconds <= _LONGEST:
      raise ValueError(
        f"--seconds={self.seconds:g}: expected above 0, at most {_LONGEST:g}"
      )
    if self.rate < 0:
      raise ValueError(f"--rate={self.rate:g} is below 0")


@dataclasses.dataclass(frozen=True)
class LoadReport:
  """What clients saw.

  Attributes:
    seconds: How long it took.
    latencies: Seconds of each request that was answered, sorted.
    failures: Number of failures by reason.
  """

  seconds: float
  latencies: Sequence[float]
  failures: collections.Counter[str]

  @property
  def failed(self) -> int:
    """Requests that were not answered, or by an error."""
    return self.failures.total()

  @property
  def throughput(self) -> float:
    """Requests answered a second."""
    return len(self.latencies) / self.seconds

  def percentile(self, share: float) -> float:
    """The latency, in seconds, that this share of requests does not exceed."""
    if not self.latencies:
      return math.nan
    place = math.ceil(share * len(self.latencies)) - 1
    return self.latencies[max(place, 0)]

  def text(self) -> str:
    """The report for people."""
    shown = "  ".join(
      f"p{100 * share:.0f} {1000 * self.percentile(share):.1f} ms"
      for share in (0.5, 0.95, 0.99)
    )
    lines = [
      f"{len(self.latencies)} requests answered in {self.seconds:.1f} s: "
      f"{self.throughput:.1f} per second",
      f"latency: {shown}",
      f"failed: {self.failed}",
    ]
    for reason, count in self.failures.most_common(10):
      lines.append(f"  {count} x {reason}")
    return "\n".join(lines)


class _Clients:
  """Clients in threads, and what they have seen so far."""

  def __init__(self, settings: LoadSettings, bodies: Sequence[bytes]):
    parts = urllib.parse.urlsplit(settings.url)
    self._address = str(parts.hostname), parts.port or 80
    self._path = f"{parts.path.rstrip('/')}:predict"
    self._settings = settings
    self._bodies = itertools.cycle(bodies)
    self._lock = threading.Lock()
    self._started = time.monotonic()
    self._end = self._started + settings.seconds
    self._sent = itertools.count()
    self.latencies: list[float] = []
    self.failures: collections.Counter[str] = collections.Counter()

  def run(self) -> LoadReport:
    threads = [
      threading.Thread(target=self._ask, daemon=True)
      for _ in range(self._settings.clients)
    ]
    for thread in threads:
      thread.start()
    for thread in threads:
      thread.join()
    seconds = time.monotonic() - self._started
    return LoadReport(seconds, sorted(self.latencies), self.failures)

  def _ask(self) -> None:
    connection = http.client.HTTPConnection(*self._address, timeout=_TIMEOUT)
    for body, due in self._requests():
      time.sleep(max(0.0, due - time.monotonic()))
      started = time.monotonic()
      # From when it was due, so that a queue at the client counts.
      since = due or started
      try:
        connection.request("POST", self._path, body)
        response = connection.getresponse()
        told = response.read()
      except (OSError, http.client.HTTPException) as error:
        connection.close()
        self._note(since, f"{type(error).__name__}: {error}")
        time.sleep(0.05)
        continue
      wrong = "" if response.status == 200 else _reason(response.status, told)
      self._note(since, wrong)
    connection.close()

  def _requests(self) -> Iterator[tuple[bytes, float]]:
    """Bodies, and when each is due; 0 for at once."""
    rate = self._settings.rate
    while True:
      with self._lock:
        body, number = next(self._bodies), next(self._sent)
      due = self._started + number / rate if rate else 0.0
      if max(due, time.monotonic()) >= self._end:
        return
      yield body, due

  def _note(self, since: float, wrong: str) -> None:
    with self._lock:
      if wrong:
        self.failures[wrong] += 1
      else:
        self.latencies.append(time.monotonic() - since)


def run(settings: LoadSettings) -> LoadReport:
  """Asks a model for some time.

  Raises:
    OSError: The server is not there, or a file.
    ValueError: It does not serve the model, or the model takes no text.
  """
  return _Clients(settings, _bodies(settings)).run()


def _bodies(settings: LoadSettings) -> list[bytes]:
  """A request for each text."""
  inputs = _inputs(settings.url)
  if settings.texts:
    lines = [(x.text_a, x.text_b) for x in text_lines.read(settings.texts)]
  else:
    lines = [(text, None) for text in _TEXTS]
  if not lines:
    raise ValueError(f"--texts={settings.texts}: there is no text in it")
  return [
    json.dumps(
      {
        "instances": [
          {"text": text}
          | ({"text_pair": pair or ""} if "text_pair" in inputs else {})
        ]
      }
    ).encode()
    for text, pair in lines
  ]


def _inputs(url: str) -> set[str]:
  """The inputs of the model, as its server tells."""
  parts = urllib.parse.urlsplit(url)
  connection = http.client.HTTPConnection(
    str(parts.hostname), parts.port or 80, timeout=_TIMEOUT
  )
  try:
    connection.request("GET", f"{parts.path.rstrip('/')}/metadata")
    response = connection.getresponse()
    body = response.read()
  except OSError as error:
    raise OSError(f"{url}: no server answers: {error}") from error
  finally:
    connection.close()
  if response.status != 200:
    raise ValueError(f"{url}: {_reason(response.status, body)}")
  try:
    told: Any = json.loads(body)["metadata"]["signature_def"]["signature_def"]
    inputs = set(told["serving_default"]["inputs"])
  except (ValueError, KeyError, TypeError) as error:
    raise ValueError(
      f"{url}: not the metadata of TensorFlow Serving: {body[:200]!r}"
    ) from error
  if not {"text"} <= inputs <= {"text", "text_pair"}:
    raise ValueError(
      f"{url}: serving_default takes {', '.join(sorted(inputs))}, expected "
      "text and perhaps text_pair"
    )
  return inputs


def _reason(status: int, body: bytes) -> str:
  return f"status {status}: {body[:200].decode('utf-8', 'replace').strip()}"
