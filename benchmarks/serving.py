"""A server under load: throughput, latency, memory, right answers, nonsense.

`python -m benchmarks.serving PART NAME=DIR,...` starts `bert_tf serve` with
these exports on free ports of this machine, loads the first one, and prints a
table. Parts: throughput, steady, mixed, fuzz.
"""

import argparse
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import math
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bert_tf.serving import load_generator, model_sources

_STORY = (
  "the mill was old and nobody came to ask for the key that hung by the door "
  "until a boy with a red cap took it and went down to the river"
)
_MEAN, _SPREAD, _LONGEST = 26, 0.6, 90  # words of a text
_CLIENTS = 32
_ONLY = {"regressor": "value", "sentence": "vector"}  # outputs without a name
_FUZZ_KEYS = ("instances", "inputs", "signature_name", "examples", "text")


class Server:
  """`bert_tf serve` in a process of its own, on free ports."""

  def __init__(self, models: str):
    self.port, self.grpc_port = _free_ports(2)
    self._process = subprocess.Popen(
      [
        *(sys.executable, "-m", "bert_tf", "serve", "--verbosity=-1"),
        f"--saved_model={models}",
        f"--port={self.port}",
        f"--grpc_port={self.grpc_port}",
      ],
      env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"},
    )

  def __enter__(self) -> "Server":
    while True:
      if self._process.poll() is not None:
        raise SystemExit("the server has ended")
      try:
        if self.ask("GET", "/readyz")[0] == 200:
          return self
      except OSError:
        pass
      time.sleep(0.2)

  def __exit__(self, *_: object) -> None:
    self._process.send_signal(signal.SIGTERM)
    self._process.wait()

  @property
  def is_alive(self) -> bool:
    """Whether it runs."""
    return self._process.poll() is None

  def ask(
    self, method: str, path: str, body: bytes | None = None
  ) -> tuple[int, bytes]:
    """Status and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
    try:
      connection.request(method, path, body)
      response = connection.getresponse()
      return response.status, response.read()
    finally:
      connection.close()

  def memory(self) -> float:
    """Resident memory in MB."""
    text = self.ask("GET", "/metrics")[1].decode()
    found = re.search(r"^process_resident_memory_bytes (\S+)", text, re.M)
    return float(found[1]) / 1e6 if found else math.nan

  def load(
    self, name: str, texts: str, clients: int, seconds: float, rate: float = 0
  ) -> load_generator.LoadReport:
    """Loads a model."""
    url = f"http://127.0.0.1:{self.port}/v1/models/{name}"
    return load_generator.run(
      load_generator.LoadSettings(url, clients, seconds, texts, rate)
    )


def texts_of_mixed_lengths(count: int, seed: int = 7) -> list[str]:
  """Texts with log-normal numbers of words."""
  rng, story = random.Random(seed), _STORY.split()
  found = []
  for _ in range(count):
    words = round(rng.lognormvariate(math.log(_MEAN), _SPREAD))
    chosen = rng.choices(story, k=min(max(words, 1), _LONGEST))
    found.append(" ".join(chosen))
  return found


def throughput(server: Server, name: str, texts: str, seconds: float) -> None:
  """One client, many, and many at half of what they reached."""
  server.load(name, texts, _CLIENTS, seconds / 4)
  one = server.load(name, texts, 1, seconds)
  many = server.load(name, texts, _CLIENTS, seconds)
  half = server.load(name, texts, _CLIENTS, seconds, many.throughput / 2)
  print("| load | requests/s | p50 ms | p95 ms | p99 ms | failed |")
  print("|---|---|---|---|---|---|")
  for label, report in (
    ("1 client", one),
    (f"{_CLIENTS} clients", many),
    ("half load", half),
  ):
    cells = [f"{1000 * report.percentile(x):.1f}" for x in (0.5, 0.95, 0.99)]
    shown = " | ".join([f"{report.throughput:.1f}", *cells])
    print(f"| {label} | {shown} | {report.failed} |")
  ratio = many.throughput / one.throughput
  late = half.percentile(0.99) / one.percentile(0.5)
  print(f"\nthroughput {ratio:.2f} times, p99 at half load {late:.2f} times")


def steady(server: Server, name: str, texts: str, seconds: float) -> None:
  """Memory while the load goes on, after the first tenth of the time."""
  memory: list[float] = []
  ended = threading.Event()

  def look() -> None:
    while not ended.wait(seconds / 60):
      memory.append(server.memory())

  watcher = threading.Thread(target=look)
  watcher.start()
  report = server.load(name, texts, _CLIENTS, seconds)
  ended.set()
  watcher.join()
  print(report.text())
  later = memory[len(memory) // 10 :]
  print(
    f"memory {later[0]:.0f} MB after a tenth of the time, {later[-1]:.0f} MB "
    f"at the end, {min(later):.0f} to {max(later):.0f} MB between: "
    f"{100 * (max(later) / later[0] - 1):+.1f} %"
  )


def mixed(server: Server, models: str, requests: int) -> None:
  """Answers of all models, by REST and gRPC, against those of predict."""
  from bert_tf.export import saved_model_predictor

  predictors = {
    x.name: saved_model_predictor.Predictor(x.folder)
    for x in model_sources.parse([models])
  }
  rng = random.Random(3)
  asked = []
  made = texts_of_mixed_lengths(2 * requests)
  for index, name in zip(
    range(requests), itertools.cycle(predictors), strict=False
  ):
    text, pair = made[2 * index : 2 * index + 2]
    text = text.replace("mill", "[MASK]", 1)
    asked.append((name, text, pair, rng.random() < 0.5))

  def ask(one: tuple[str, str, str, bool]) -> dict[str, Any]:
    return (_by_grpc if one[3] else _by_rest)(server, *one[:3])

  with concurrent.futures.ThreadPoolExecutor(_CLIENTS) as pool:
    answers = list(pool.map(ask, asked))
  worst: dict[str, float] = dict.fromkeys(predictors, 0.0)
  wrong = 0
  for (name, text, pair, _), found in zip(asked, answers, strict=True):
    want = predictors[name].answer([f"{text} ||| {pair}"])[0]
    if "text_pair" not in want:  # the model takes none
      want = predictors[name].answer([text])[0]
    for key in set(want) - {"text", "text_pair"}:
      have, wanted = np.array(found[key]), np.array(want[key])
      if wanted.dtype.kind in "fi":
        difference = float(np.abs(have - wanted).max(initial=0))
        scale = max(1.0, float(np.abs(wanted).max(initial=0)))
        worst[name] = max(worst[name], difference / scale)
      else:
        wrong += have.tolist() != wanted.tolist()
  print("| model | largest difference |")
  print("|---|---|")
  for name, difference in worst.items():
    print(f"| {name} | {difference:.1e} |")
  print(f"\n{len(asked)} requests, {wrong} other strings")


def _by_rest(server: Server, name: str, text: str, pair: str) -> dict[str, Any]:
  told = {"text": text} | ({} if "tagger" in name else {"text_pair": pair})
  body = json.dumps({"inputs": {k: [v] for k, v in told.items()}}).encode()
  status, data = server.ask("POST", f"/v1/models/{name}:predict", body)
  if status != 200:
    raise SystemExit(f"{name}: {status}: {data[:300]!r}")
  found = json.loads(data)["outputs"]
  if not isinstance(found, dict):  # a model's only output has no name
    found = {_ONLY[name]: found}
  return {key: value[0] for key, value in found.items()}


def _by_grpc(server: Server, name: str, text: str, pair: str) -> dict[str, Any]:
  import grpc
  import tensorflow as tf
  from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

  request = predict_pb2.PredictRequest()
  request.model_spec.name = name
  request.inputs["text"].CopyFrom(tf.make_tensor_proto([text]))
  if "tagger" not in name:
    request.inputs["text_pair"].CopyFrom(tf.make_tensor_proto([pair]))
  with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    outputs = stub.Predict(request, timeout=60).outputs
  return {k: _plain(tf.make_ndarray(v)[0]) for k, v in outputs.items()}


def _plain(value: Any) -> Any:
  """Arrays as lists, bytes as text."""
  if isinstance(value, np.ndarray):
    value = value.tolist()
  if isinstance(value, list):
    return [_plain(x) for x in value]
  return value.decode() if isinstance(value, bytes) else value


def fuzz(server: Server, name: str, requests: int) -> None:
  """Malformed requests, one after the other."""
  rng = random.Random(5)
  good = json.dumps({"instances": [{"text": "a", "text_pair": "b"}]}).encode()
  counts: dict[int, int] = {}
  for _, body in zip(range(requests), _malformed(good, rng), strict=False):
    verb = rng.choice(("predict", "predict", "classify", "regress", "x"))
    status, _ = server.ask("POST", f"/v1/models/{name}:{verb}", body)
    counts[status] = counts.get(status, 0) + 1
  shown = dict(sorted(counts.items()))
  print(f"{requests} malformed requests, by status: {shown}")
  print(f"the server {'runs' if server.is_alive else 'HAS ENDED'}")


def _malformed(good: bytes, rng: random.Random) -> Iterator[bytes]:
  """Bodies that no model takes."""
  while True:
    kind = rng.randrange(4)
    if kind == 0:  # cut off: no JSON any more
      yield good[: rng.randrange(len(good))]
    elif kind == 1:  # not UTF-8
      place = rng.randrange(len(good))
      yield good[:place] + b"\xff" + good[place:]
    elif kind == 2:  # any JSON
      yield json.dumps(_value(rng, 4)).encode()
    else:  # the right keys with any values
      yield json.dumps({rng.choice(_FUZZ_KEYS): _value(rng, 4)}).encode()


def _value(rng: random.Random, depth: int) -> Any:
  kind = rng.randrange(7 if depth else 5)
  if kind == 5:
    return [_value(rng, depth - 1) for _ in range(rng.randrange(4))]
  if kind == 6:
    return {
      rng.choice(("b64", "text", "input_ids")): _value(rng, depth - 1)
      for _ in range(rng.randrange(3))
    }
  return (None, True, rng.randint(-(2**70), 2**70), rng.random(), "x\0\u2028")[
    kind
  ]


def _free_ports(count: int) -> list[int]:
  sockets = [socket.socket() for _ in range(count)]
  for one in sockets:
    one.bind(("127.0.0.1", 0))
  ports = [int(one.getsockname()[1]) for one in sockets]
  for one in sockets:
    one.close()
  return ports


def main(arguments: Sequence[str]) -> None:
  """Runs a part."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument("part", choices=("throughput", "steady", "mixed", "fuzz"))
  parser.add_argument("models", help="NAME=DIR,...")
  parser.add_argument("--seconds", type=float, default=20)
  parser.add_argument("--requests", type=int, default=1000)
  parser.add_argument("--texts", help="file of texts; default: made up")
  told = parser.parse_args(arguments)
  name = model_sources.parse([told.models])[0].name
  with Server(told.models) as server:
    if told.part == "mixed":
      mixed(server, told.models, told.requests)
    elif told.part == "fuzz":
      fuzz(server, name, told.requests)
    else:
      run = throughput if told.part == "throughput" else steady
      with _texts(told.texts) as path:
        run(server, name, path, told.seconds)


@contextlib.contextmanager
def _texts(path: str | None) -> Iterator[str]:
  """A file of texts, perhaps made for the moment."""
  if path:
    yield path
    return
  with tempfile.TemporaryDirectory() as folder:
    file = os.path.join(folder, "texts.txt")
    with open(file, "w", encoding="utf-8") as writer:
      writer.write("\n".join(texts_of_mixed_lengths(2000)) + "\n")
    yield file


if __name__ == "__main__":
  main(sys.argv[1:])
