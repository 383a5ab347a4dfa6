"""Tiny exports of several kinds, and servers of them, for several tests."""

import dataclasses
import http.client
import json
import os
import time

import numpy as np
import tensorflow as tf

from bert_tf.checkpoints import export_checksums, loader
from bert_tf.export import export_settings, exporter, model_types
from bert_tf.text import full_tokenizer, in_graph_tokenizer
from tests import forks, processes
from tests.conftest import ROOT
from tests.models import tiny

VOCAB = str(ROOT / "tests" / "testdata" / "vocab.txt")
LABELS = {
  "classifier": ("bad", "good"),
  "multilabel": ("wet", "dry", "warm"),
  "tagger": ("O", "B-place", "I-place"),
}
TEXTS = (
  ("The mill was old.", "Who sat on the mat? The cat did."),
  ("Who went to the [MASK]?", "In the morning the miller went to the mill."),
  ("", ""),
  ("The [MASK] sat by the [MASK]. " * 9, "It was warm and it was late. " * 12),
  ("Zoë 雪 🙂 naïve", "O"),
)
SPAN = {"doc_stride": 24, "max_query_length": 20, "answer_alignment": "offsets"}


class Export:
  """An export that was written, and the graph it was written from."""

  def __init__(self, folder, kind, seed=1):
    settings = export_settings.ExportSettings(
      kind,
      max_seq_length=48,
      labels=LABELS.get(kind, ()),
      **(SPAN if kind == "span" else {}),
    )
    reference = full_tokenizer.FullTokenizer(VOCAB)
    made = model_types.KINDS[kind].make(
      tiny.CONFIG, len(settings.labels) or 1, tf.float32
    )
    encoder = getattr(made, "bert", made)
    loader.load(encoder.variables, str(tiny.FOLDER / "bert_model.ckpt"))
    if encoder is not made and hasattr(made, "head"):
      random = np.random.default_rng(seed)
      for variable in made.head.variables:
        variable.assign(random.normal(size=variable.shape))
    module = model_types.KINDS[kind].served(
      made,
      in_graph_tokenizer.InGraphTokenizer(VOCAB, rules=reference.rules),
      settings,
      list(reference.vocab),
    )
    assets = f"{folder}.assets"
    os.makedirs(assets)
    told = dataclasses.asdict(settings) | reference.rules.to_dict()
    with open(VOCAB, encoding="utf-8") as file:
      vocabulary = file.read()
    for name, text in (
      ("vocab.txt", vocabulary),
      ("bert_config.json", tiny.CONFIG.to_json_string()),
      ("export.json", json.dumps(told)),
    ):
      with open(os.path.join(assets, name), "w", encoding="utf-8") as file:
        file.write(text)
    self.kind = kind
    self.path = str(folder)
    self.takes_pairs = "text_pair" in module.text_inputs
    self._function = module.signatures()["serving_default"]
    self._module = module
    exporter.write(module, assets, self.path)
    export_checksums.write(self.path)

  def predict(self, instances):
    """What the model answers to one request, by output."""
    given = [
      tf.constant([x[name] for x in instances])
      for name in self._module.text_inputs
    ]
    return {k: v.numpy() for k, v in self._function(*given).items()}


class Server:
  """A server in a process of its own."""

  def __init__(self, *saved_models, **flags):
    self.port, self.grpc_port = processes.free_ports(2)
    told = {"port": self.port, "grpc_port": self.grpc_port} | flags
    self.fork = forks.Fork(
      ["-m", "tools.serve"],
      [
        *(f"--saved_model={x}" for x in saved_models),
        *(f"--{name}={value}" for name, value in told.items()),
      ],
      ROOT,
      os.environ,
      joined=True,
    )

  def wait(self):
    """Waits until it is ready."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
      assert self.fork.poll() is None, self.fork.communicate()[0]
      try:
        if self.ask("GET", "/readyz")[0] == 200:
          return self
      except OSError:
        pass
      time.sleep(0.1)
    self.fork.kill()
    raise AssertionError("the server is not ready")

  def __enter__(self):
    return self.wait()

  def __exit__(self, *_):
    if self.fork.poll() is None:  # a test has failed
      self.fork.kill()

  def ask(self, method, path, body=None, timeout=60):
    """Status and text of an answer; `body` is bytes, or made JSON."""
    connection = http.client.HTTPConnection(
      "127.0.0.1", self.port, timeout=timeout
    )
    try:
      data = body if body is None or isinstance(body, bytes) else dumps(body)
      connection.request(method, path, data)
      response = connection.getresponse()
      return response.status, response.read().decode()
    finally:
      connection.close()

  def predict(self, name, told, verb="predict"):
    """An answer that is right, as a value of JSON."""
    status, text = self.ask("POST", f"/v1/models/{name}:{verb}", told)
    assert status == 200, text
    return json.loads(text)

  def stop(self):
    """Ends it; what it has said."""
    if self.fork.poll() is None:
      self.fork.send_signal(15)
    said, _ = self.fork.communicate(timeout=60)
    return said


def dumps(value):
  return json.dumps(value).encode()


def assert_same(found, want, place):
  """JSON of an answer is what arrays hold."""
  if want.dtype == object:
    text = np.vectorize(bytes.decode, otypes=[object])(want).tolist()
    assert found == (text if want.size else want.tolist()), place
  else:
    have = np.array(found, np.float64).reshape(want.shape)
    np.testing.assert_allclose(have, want, rtol=1e-5, atol=1e-5, err_msg=place)
