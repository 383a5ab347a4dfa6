r"""Serves exports over HTTP and gRPC, as TensorFlow Serving does.

Example:
  bert_tf serve --saved_model=models/mrpc
"""

from absl import flags

from bert_tf.commands import shared_flags
from bert_tf.serving import server_settings

FLAGS = flags.FLAGS
_DEFAULTS = server_settings.ServerSettings()

flags.DEFINE_multi_string(
  "saved_model",
  None,
  "What to serve: a SavedModel or a directory of numbered versions, whose "
  "newest is served; NAME=DIR names the model. Repeat the flag, or separate "
  "with commas, for several models.",
  required=True,
)
flags.DEFINE_string(
  "host",
  _DEFAULTS.host,
  "Address to listen on. The default answers only this machine; 0.0.0.0 "
  "answers everyone who reaches it.",
)
for _name, _text in (
  ("port", "Port of the REST interface and the page; 0 for any free port."),
  ("grpc_port", "Port of gRPC; 0 for any free port, -1 for no gRPC."),
  ("max_batch_size", "Maximum number of texts per batch."),
  ("max_batch_tokens", "Maximum number of real tokens per batch."),
  ("max_queue", "Maximum number of waiting texts; more are refused (429)."),
  ("max_request_bytes", "Maximum size of a request in bytes (413)."),
  ("max_request_texts", "Maximum number of texts in a request (413)."),
  (
    "max_text_tokens",
    "Maximum tokens of a text that is split into windows instead of truncated "
    "(413).",
  ),
):
  flags.DEFINE_integer(_name, getattr(_DEFAULTS, _name), _text)
for _name, _text in (
  (
    "max_batch_delay_ms",
    "Longest time in milliseconds that a text waits for others to fill its "
    "batch.",
  ),
  ("request_timeout", "Seconds until a request fails (504)."),
  ("poll_seconds", "Seconds between checks for new versions."),
  (
    "drain_seconds",
    "Seconds after SIGTERM in which open connections may send one more "
    "request.",
  ),
):
  flags.DEFINE_float(_name, getattr(_DEFAULTS, _name), _text)


def main() -> None:
  """Runs with the flags given."""
  settings = shared_flags.settings(server_settings.ServerSettings)
  try:
    import grpc  # noqa: F401
    import prometheus_client  # noqa: F401
    import starlette  # noqa: F401
    import tensorflow_serving  # noqa: F401
    import uvicorn  # noqa: F401
  except ImportError as error:
    raise ImportError(
      f"serve needs a package that is not installed ({error}): pip install "
      "'bert_tf[serve]'"
    ) from error
  from bert_tf.export import saved_models
  from bert_tf.kernels import onednn_kernels
  from bert_tf.serving import model_sources, server_process

  sources = model_sources.parse(FLAGS.saved_model)
  # What a SavedModel of others does with its weights is not known.
  if all(saved_models.is_export(source.folder) for source in sources):
    onednn_kernels.assume_frozen_weights()
  server_process.ServerProcess(sources, settings).run()
