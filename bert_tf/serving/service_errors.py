"""What a client is told when a request is not answered."""

# The status of gRPC and of HTTP, by kind. TensorFlow Serving's, and 413.
STATUS = {
  "invalid": ("INVALID_ARGUMENT", 400),
  "not_found": ("NOT_FOUND", 404),
  "slow_body": ("DEADLINE_EXCEEDED", 408),
  "too_large": ("INVALID_ARGUMENT", 413),
  "full": ("RESOURCE_EXHAUSTED", 429),
  "internal": ("INTERNAL", 500),
  "unimplemented": ("UNIMPLEMENTED", 501),
  "unavailable": ("UNAVAILABLE", 503),
  "late": ("DEADLINE_EXCEEDED", 504),
}


class ServiceError(Exception):
  """A request that is not answered, and why.

  Args:
    kind: A key of `STATUS`.
    message: The reason, for the client.
  """

  def __init__(self, kind: str, message: str):
    super().__init__(message)
    self.kind = kind
    self.message = message

  @property
  def http_status(self) -> int:
    """The status of HTTP."""
    return STATUS[self.kind][1]

  @property
  def grpc_status(self) -> str:
    """The name of the status of gRPC."""
    return STATUS[self.kind][0]


class ClosedError(Exception):
  """The version of a model is being unloaded and takes no more requests."""
