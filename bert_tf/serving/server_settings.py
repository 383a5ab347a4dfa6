"""How a server listens, batches and limits."""

import dataclasses

_POSITIVE = (
  "max_batch_size",
  "max_batch_tokens",
  "max_queue",
  "max_request_bytes",
  "max_request_texts",
  "max_text_tokens",
  "request_timeout",
  "poll_seconds",
)


@dataclasses.dataclass(frozen=True)
class ServerSettings:
  """Addresses and limits of a server.

  Attributes:
    host: Address to listen at; the loopback address answers this machine only.
    port: Port of the REST interface; 0 for any that is free.
    grpc_port: Port of gRPC; 0 for any that is free, -1 for no gRPC.
    max_batch_size: Most texts computed at once.
    max_batch_tokens: Most real tokens computed at once, if more than one text.
    max_batch_delay_ms: Longest time a text waits for others to join it.
    max_queue: Most texts that wait; further requests are refused (429).
    max_request_bytes: Largest request (413).
    max_request_texts: Most texts of a request (413).
    max_text_tokens: Most tokens of a text that is not truncated (413).
    request_timeout: Seconds until a request is given up (504).
    poll_seconds: Seconds between looks for new versions.
    drain_seconds: Seconds after SIGTERM in which open connections may send
      another request.
  """

  host: str = "127.0.0.1"
  port: int = 8501
  grpc_port: int = 8500
  max_batch_size: int = 32
  max_batch_tokens: int = 1024
  max_batch_delay_ms: float = 5.0
  max_queue: int = 1024
  max_request_bytes: int = 1 << 20
  max_request_texts: int = 256
  max_text_tokens: int = 20_000
  request_timeout: float = 30.0
  poll_seconds: float = 2.0
  drain_seconds: float = 1.0

  def __post_init__(self) -> None:
    for name in _POSITIVE:
      if getattr(self, name) <= 0:
        raise ValueError(f"{name}={getattr(self, name)} is not above 0")
    for name in ("max_batch_delay_ms", "drain_seconds"):
      if getattr(self, name) < 0:
        raise ValueError(f"{name}={getattr(self, name)} is below 0")
    for name, lowest in (("port", 0), ("grpc_port", -1)):
      if not lowest <= getattr(self, name) < 1 << 16:
        raise ValueError(
          f"{name}={getattr(self, name)} is no port: expected {lowest} to 65535"
        )
    if self.max_request_texts > self.max_queue:
      raise ValueError(
        f"max_request_texts={self.max_request_texts} is above max_queue="
        f"{self.max_queue}: such a request would never be taken"
      )
