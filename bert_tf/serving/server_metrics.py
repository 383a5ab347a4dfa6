"""What a server counts, in the format of Prometheus."""

import contextlib
import time
from collections.abc import Callable, Iterator

import prometheus_client

from bert_tf.serving import row_batcher, service_errors

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (
  *(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
  *(1.0, 2.0, 5.0, 10.0, 30.0),
)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128)
_TOKENS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
_OTHER = "(unknown)"  # models that clients make up are not counted one by one


class ServerMetrics:
  """The counters of a server.

  Args:
    names: The models' names.
  """

  def __init__(self, names: list[str]):
    self._names = set(names)
    registry = self._registry = prometheus_client.CollectorRegistry()
    prometheus_client.ProcessCollector(registry=registry)
    self._requests = prometheus_client.Counter(
      "bert_tf_requests",
      "Requests answered, by interface, method and status",
      ("model", "interface", "method", "status"),
      registry=registry,
    )
    self._seconds = prometheus_client.Histogram(
      "bert_tf_request_seconds",
      "Seconds from a request to its answer",
      ("model",),
      buckets=_SECONDS,
      registry=registry,
    )
    self._rows = prometheus_client.Histogram(
      "bert_tf_batch_texts",
      "Texts of a batch",
      ("model",),
      buckets=_ROWS,
      registry=registry,
    )
    self._tokens = prometheus_client.Histogram(
      "bert_tf_batch_tokens",
      "Real tokens of a batch",
      ("model",),
      buckets=_TOKENS,
      registry=registry,
    )
    self._compute = prometheus_client.Counter(
      "bert_tf_compute_seconds",
      "Seconds spent computing batches",
      ("model",),
      registry=registry,
    )
    self._waiting = prometheus_client.Gauge(
      "bert_tf_queue_texts", "Texts waiting", ("model",), registry=registry
    )
    self._versions = prometheus_client.Gauge(
      "bert_tf_model_version",
      "The version that is served",
      ("model",),
      registry=registry,
    )

  def observer(self, name: str) -> row_batcher.Observe:
    """What is told of the batches of a model."""
    rows, tokens = self._rows.labels(name), self._tokens.labels(name)
    compute = self._compute.labels(name)

    def observe(count: int, total: int, seconds: float) -> None:
      rows.observe(count)
      tokens.observe(total)
      compute.inc(seconds)

    return observe

  @contextlib.contextmanager
  def request(
    self, name: str, interface: str, method: str
  ) -> Iterator[Callable[[str], None]]:
    """Counts a request that is answered in a block.

    Yields:
      To be told of the name of the model, where it is found only later.
    """
    found = [name]
    started = time.monotonic()
    status = "OK"
    try:
      yield lambda told: found.__setitem__(0, told)
    except service_errors.ServiceError as error:
      status = error.grpc_status
      raise
    except BaseException:
      status = "INTERNAL"
      raise
    finally:
      model = found[0] if found[0] in self._names else _OTHER
      self._requests.labels(model, interface, method, status).inc()
      self._seconds.labels(model).observe(time.monotonic() - started)

  def text(self, states: dict[str, tuple[int, int]]) -> bytes:
    """All counters.

    Args:
      states: Of each model the version and the texts that wait.
    """
    for name, (version, waiting) in states.items():
      self._versions.labels(name).set(version)
      self._waiting.labels(name).set(waiting)
    return prometheus_client.generate_latest(self._registry)
