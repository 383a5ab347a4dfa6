"""New versions under load, and the end of a server: no request is lost."""

import collections
import http.client
import json
import shutil
import threading
import time

import numpy as np
import pytest

from tests.serving import served

GIVEN = [{"text": "The mill was old.", "text_pair": "It was warm."}]


class Clients:
  """Clients that ask one request after the other, and note the answers."""

  def __init__(self, port, count=6):
    self.port = port
    self.answers = []  # (when, probabilities)
    self.refused = 0  # connections that were not taken
    self.lost = collections.Counter()  # requests on connections that were
    self._end = threading.Event()
    self._threads = [threading.Thread(target=self._ask) for _ in range(count)]
    for thread in self._threads:
      thread.start()

  def _ask(self):
    body = served.dumps({"instances": GIVEN})
    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
    while not self._end.is_set():
      try:
        if connection.sock is None:
          connection.connect()
      except ConnectionRefusedError:
        self.refused += 1
        return
      try:
        connection.request("POST", "/v1/models/a:predict", body)
        response = connection.getresponse()
        told = response.read()
      except (OSError, http.client.HTTPException) as error:
        self.lost[repr(error)] += 1
        return
      if response.status != 200:
        self.lost[told.decode()] += 1
        return
      (row,) = json.loads(told)["predictions"]
      self.answers.append((time.monotonic(), row["probabilities"]))
    connection.close()

  def stop(self):
    self._end.set()
    for thread in self._threads:
      thread.join(60)


def until(condition, seconds=120):
  deadline = time.monotonic() + seconds
  while not condition():
    assert time.monotonic() < deadline
    time.sleep(0.05)


def states(server):
  _, text = server.ask("GET", "/v1/models/a")
  return {
    x["version"]: x["state"] for x in json.loads(text)["model_version_status"]
  }


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
  folder = tmp_path_factory.mktemp("made")
  return [served.Export(folder / f"{x}", "classifier", x) for x in (1, 2)]


def under_load(server, folder, newer):
  """Versions come and the server ends while clients ask.

  Returns:
    What the server said, and the answers: whether before the last version was
    served, and probabilities.
  """
  clients = Clients(server.port)
  until(lambda: len(clients.answers) > 20)
  # One that is damaged changes nothing.
  (folder / "3").mkdir()
  (folder / "3" / "saved_model.pb").write_bytes(b"no model")
  until(lambda: states(server).get("3") == "END")
  shutil.copytree(newer, folder / "2")
  shutil.rmtree(folder / "3")
  until(lambda: states(server) | {"3": ""} == {
    "1": "END", "2": "AVAILABLE", "3": ""
  })  # fmt: skip
  switched = time.monotonic()
  count = len(clients.answers)
  until(lambda: len(clients.answers) > count + 20)
  server.fork.send_signal(15)
  said, _ = server.fork.communicate(timeout=60)
  clients.stop()
  assert clients.lost == {}
  assert clients.refused == 6  # all have gone on to the end
  assert server.fork.returncode == 128 + 15
  return said, [(when < switched, found) for when, found in clients.answers]


def test_versions_come_and_the_server_ends(exports, tmp_path):
  want = [x.predict(GIVEN)["probabilities"][0] for x in exports]
  assert np.abs(want[0] - want[1]).max() > 0.01
  folder = tmp_path / "models"
  shutil.copytree(exports[0].path, folder / "1")
  with served.Server(f"a={folder}", poll_seconds=0.1) as server:
    said, answers = under_load(server, folder, exports[1].path)
  assert "all requests that were taken are answered" in said
  assert "version 3 cannot be loaded and version 1 stays" in said
  for may_be_old, found in answers:
    near = [np.allclose(found, x, rtol=0, atol=1e-5) for x in want]
    assert near[1] or (near[0] and may_be_old)


def test_a_server_without_a_model(tmp_path):
  server = served.Server(f"a={tmp_path}")
  said, _ = server.fork.communicate(timeout=120)
  assert server.fork.returncode == 1
  assert f"{tmp_path}: expected a SavedModel" in said
  assert "Traceback" not in said
