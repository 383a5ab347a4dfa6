"""A server with a model of each kind: REST, gRPC, the page, nonsense."""

import base64
import concurrent.futures
import json
import runpy

import grpc
import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st
from tensorflow_serving.apis import (
  classification_pb2,
  get_model_metadata_pb2,
  get_model_status_pb2,
  model_management_pb2,
  model_service_pb2_grpc,
  predict_pb2,
  prediction_service_pb2_grpc,
  regression_pb2,
)

from bert_tf.serving import load_generator
from tests.conftest import ROOT
from tests.serving import served
from tests.tasks.attention import browser

KINDS = ("encoder", "classifier", "regressor", "span", "tagger", "pretrainer")
CHOICE = "multiple_choice"


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
  folder = tmp_path_factory.mktemp("exports")
  return {
    kind: served.Export(folder / kind / "1", kind) for kind in (*KINDS, CHOICE)
  }


@pytest.fixture(scope="module")
def server(exports):
  folders = [x.path.removesuffix("/1") for x in exports.values()]
  limits = {
    "max_request_bytes": 20_000,
    "max_request_texts": 20,
    "max_text_tokens": 600,
  }
  with served.Server(*folders, **limits) as found:
    yield found
    assert "Traceback" not in found.stop()
    assert found.fork.returncode == 128 + 15


@pytest.fixture(scope="module")
def channel(server):
  with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
    yield channel


def instances(export, texts=served.TEXTS):
  names = ("text", "text_pair") if export.takes_pairs else ("text",)
  return [dict(zip(names, pair, strict=False)) for pair in texts]


def assert_rows(export, found, given):
  """Rows of an answer are what the model says."""
  want = export.predict(given)
  assert len(found) == len(given)
  for name, value in want.items():
    rows = [x[name] for x in found] if len(want) > 1 else found
    if name == "sequence_output":  # at padding it is not defined
      mask = want["input_mask"] > 0
      assert np.shape(rows) == value.shape
      rows, value = np.array(rows)[mask].tolist(), value[mask]
    served.assert_same(rows, value, f"{export.kind} {name}")


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_those_of_the_model(server, exports, kind):
  """Of one request, and of several at a time that become batches."""
  export = exports[kind]
  given = instances(export)
  found = server.predict(kind, {"instances": given})["predictions"]
  assert_rows(export, found, given)
  with concurrent.futures.ThreadPoolExecutor(len(given)) as pool:
    several = pool.map(
      lambda x: server.predict(kind, {"instances": [x]})["predictions"], given
    )
    for one, row in zip(given, several, strict=True):
      assert_rows(export, row, [one])


def test_choices(server, exports):
  """Their requests are not cut into rows."""
  given = [
    {"text": "The mill was old.", "choices": ["It was warm.", "The cat did."]},
    {"text": "Who sat on the mat?", "choices": ["The miller.", "The cat."]},
  ]
  found = server.predict(CHOICE, {"instances": given})["predictions"]
  assert_rows(exports[CHOICE], found, given)


def test_columns_bytes_and_ids(server, exports):
  texts = [text for text, _ in served.TEXTS]
  encoded = [{"b64": base64.b64encode(x.encode()).decode()} for x in texts]
  found = server.predict("tagger", {"inputs": {"text": encoded}})["outputs"]
  assert found == server.predict("tagger", {"inputs": texts})["outputs"]
  assert found["words"][0][:2] == ["The", "mill"]
  both = instances(exports["encoder"])
  wide = server.predict("encoder", {"instances": both})["predictions"]
  rows = [
    {k: x[k] for k in ("input_ids", "input_mask", "segment_ids")} for x in wide
  ]
  told = {"signature_name": "ids", "instances": rows}
  by_ids = server.predict("regressor", told)["predictions"]
  by_text = server.predict("regressor", {"instances": both})["predictions"]
  np.testing.assert_allclose(by_ids, by_text, atol=1e-5)
  # Rows are as long as they were sent, whatever they are computed with.
  told = {"signature_name": "ids", "instances": [x | {} for x in rows[:1]]}
  (row,) = server.predict("encoder", told)["predictions"]
  assert np.shape(row["sequence_output"])[0] == len(rows[0]["input_ids"])


def test_classes_and_values(server, exports):
  examples = [{"text": x, "text_pair": [y]} for x, y in served.TEXTS]
  want = exports["classifier"].predict(instances(exports["classifier"]))
  found = server.predict("classifier", {"examples": examples}, "classify")
  for row, scores in zip(found["results"], want["probabilities"], strict=True):
    assert [label for label, _ in row] == ["bad", "good"]
    np.testing.assert_allclose([x for _, x in row], scores, atol=1e-5)
  told = {"context": {"text_pair": "b"}, "examples": [{"text": "a"}]}
  found = server.predict("regressor", told, "regress")["results"]
  want = exports["regressor"].predict([{"text": "a", "text_pair": "b"}])
  np.testing.assert_allclose(found, want["value"], atol=1e-5)


def test_grpc(server, exports, channel):
  stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
  given = instances(exports["span"])
  request = predict_pb2.PredictRequest()
  request.model_spec.name = "span"
  for name in ("text", "text_pair"):
    column = tf.make_tensor_proto([x[name] for x in given])
    request.inputs[name].CopyFrom(column)
  response = stub.Predict(request, timeout=60)
  assert response.model_spec.version.value == 1
  want = exports["span"].predict(given)
  assert set(response.outputs) == set(want)
  for name, value in want.items():
    found = tf.make_ndarray(response.outputs[name])
    served.assert_same(
      found.tolist() if value.dtype != object else [x.decode() for x in found],
      value,
      name,
    )
  request.inputs["text"].tensor_shape.dim[0].size = 1 << 40
  assert_grpc(stub.Predict, request, "INVALID_ARGUMENT", "has the shape")
  request.model_spec.name = "none"
  assert_grpc(stub.Predict, request, "INVALID_ARGUMENT", "has the shape")
  del request.inputs["text"]
  assert_grpc(stub.Predict, request, "NOT_FOUND", "no model 'none'")

  def ask(kind, name):
    request = kind()
    request.model_spec.name = name
    example = request.input.example_list.examples.add()
    example.features.feature["text"].bytes_list.value.append(b"The mill")
    return request

  told = [{"text": "The mill", "text_pair": ""}]
  found = stub.Classify(
    ask(classification_pb2.ClassificationRequest, "classifier"), timeout=60
  )
  (row,) = found.result.classifications
  want = exports["classifier"].predict(told)["probabilities"][0]
  np.testing.assert_allclose([x.score for x in row.classes], want, atol=1e-5)
  found = stub.Regress(
    ask(regression_pb2.RegressionRequest, "regressor"), timeout=60
  )
  want = exports["regressor"].predict(told)["value"]
  values = [x.value for x in found.result.regressions]
  np.testing.assert_allclose(values, want, atol=1e-5)
  wrong = ask(regression_pb2.RegressionRequest, "classifier")
  assert_grpc(stub.Regress, wrong, "INVALID_ARGUMENT", "use predict")


def test_grpc_tells_of_models(server, channel):
  request = get_model_metadata_pb2.GetModelMetadataRequest(
    metadata_field=["signature_def"]
  )
  request.model_spec.name = "span"
  stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
  found = stub.GetModelMetadata(request, timeout=60)
  signatures = get_model_metadata_pb2.SignatureDefMap()
  found.metadata["signature_def"].Unpack(signatures)
  inputs = signatures.signature_def["serving_default"].inputs
  assert set(inputs) == {"text", "text_pair"}
  models = model_service_pb2_grpc.ModelServiceStub(channel)
  request = get_model_status_pb2.GetModelStatusRequest()
  request.model_spec.name = "span"
  (state,) = models.GetModelStatus(request, timeout=60).model_version_status
  assert (state.version, state.state) == (1, 30)
  reload = model_management_pb2.ReloadConfigRequest()
  assert_grpc(
    models.HandleReloadConfigRequest, reload, "UNIMPLEMENTED", "are named"
  )


def assert_grpc(call, request, code, message):
  with pytest.raises(grpc.RpcError, match=message) as caught:
    call(request, timeout=60)
  assert caught.value.code().name == code


def test_it_tells_of_its_models(server):
  status, text = server.ask("GET", "/v1/models/span/versions/1")
  assert status == 200
  (state,) = json.loads(text)["model_version_status"]
  assert (state["version"], state["state"]) == ("1", "AVAILABLE")
  status, text = server.ask("GET", "/v1/models/tagger/metadata")
  signatures = json.loads(text)["metadata"]["signature_def"]["signature_def"]
  assert signatures["serving_default"]["inputs"]["text"]["dtype"] == "DT_STRING"
  assert server.ask("GET", "/healthz") == (200, "ok\n")
  status, text = server.ask("GET", "/metrics")
  assert 'bert_tf_model_version{model="span"} 1.0' in text
  assert "bert_tf_batch_texts_bucket" in text


def test_the_example_asks_both_ways(server, exports):
  program = runpy.run_path(str(ROOT / "examples" / "serve_client.py"))
  given = {"text": "The mill", "text_pair": "was old."}
  want = exports["classifier"].predict([given])["probabilities"][0]
  for name, port in (("by_rest", server.port), ("by_grpc", server.grpc_port)):
    found = program[name](f"127.0.0.1:{port}", "classifier", given)
    np.testing.assert_allclose(found["probabilities"], want, atol=1e-5)


def test_load_is_measured(server, tmp_path):
  url = f"http://127.0.0.1:{server.port}/v1/models/"
  report = load_generator.run(
    load_generator.LoadSettings(f"{url}tagger", 4, 1, rate=20)
  )
  assert report.failures == {}
  assert 5 < len(report.latencies) <= 20
  assert 0 < report.percentile(0.5) <= report.percentile(0.99) < 2
  assert "failed: 0" in report.text()
  texts = tmp_path / "texts.txt"
  texts.write_text("word " * 5000)
  settings = load_generator.LoadSettings(f"{url}span", 1, 0.2, str(texts))
  (reason,) = load_generator.run(settings).failures
  assert reason.startswith("status 413")
  with pytest.raises(ValueError, match="no model 'none'"):
    load_generator.run(load_generator.LoadSettings(f"{url}none"))


IDS = {"input_ids": [2, 3], "input_mask": [1, 1], "segment_ids": [0, 0]}
PREDICT = "/v1/models/classifier:predict"
PAIR = {"text": "a", "text_pair": ""}


@pytest.mark.parametrize(
  ("path", "body", "status", "message"),
  [
    (PREDICT, b"{", 400, "not a JSON text"),
    (PREDICT, b"\xff", 400, "utf-8"),
    (PREDICT, b"[" * 15_000, 400, "recursion"),
    (PREDICT, [], 400, "expected a JSON object, found a list"),
    (PREDICT, {}, 400, "found neither"),
    (PREDICT, {"instances": []}, 400, "at least one"),
    (PREDICT, {"instances": ["a"]}, 400, "text, text_pair"),
    (PREDICT, {"instances": [{"text": "a"}]}, 400, "found text"),
    (PREDICT, {"instances": [PAIR | {"text": 3}]}, 400, "string"),
    (PREDICT, {"instances": [PAIR | {"text": ["a"]}]}, 400, "depth 2"),
    (PREDICT, {"instances": [PAIR, {}]}, 400, "instance 1 has nothing"),
    (PREDICT, b'{"instances": [{"text": "\\ud800", "text_pair": ""}]}', 400,
     "half of a surrogate pair"),
    (PREDICT, {"instances": [PAIR | {"text": {"b64": "?"}}]}, 400, "base64"),
    (PREDICT, {"inputs": PAIR | {"text": ["a", "b"], "text_pair": [""]}}, 400,
     "different numbers"),
    (PREDICT, {"signature_name": "x", "inputs": 1}, 400, "no signature 'x'"),
    (PREDICT, {"signature_name": "ids", "instances": [IDS | {"input_ids":
     [9999, 3]}]}, 400, "input_ids has 9999, expected 0 to 685"),
    (PREDICT, {"signature_name": "ids", "instances": [IDS | {"input_ids":
     [1 << 40, 3]}]}, 400, "out of bounds"),
    (PREDICT, {"signature_name": "ids", "instances": [IDS | {"input_ids":
     [1, 2, 3]}]}, 400, "as input_ids"),
    (PREDICT, {"signature_name": "ids", "instances": [
     dict.fromkeys(IDS, [0] * 65)]}, 400, "expected 1 to 64"),
    (PREDICT, {"instances": [PAIR] * 21}, 413, "21 texts, at most 20"),
    (PREDICT, b" " * 20_001, 413, "more than 20000 bytes"),
    ("/v1/models/tagger:predict", {"inputs": ["a " * 700]}, 413, "703 tokens"),
    ("/v1/models/none:predict", {"inputs": 1}, 404, "no model 'none'"),
    ("/v1/models/span/versions/7:predict", {"inputs": 1}, 404, "version 7"),
    ("/v1/models/span/labels/x:predict", {"inputs": 1}, 400, "label 'x'"),
    ("/v1/models/span:classify", {"examples": [{"text": "a"}]}, 400,
     "use predict"),
    ("/v1/models/classifier:classify", {"examples": [{"x": "a"}]}, 400,
     "found x"),
    ("/v1/models/span", {}, 400, "no such request: POST"),
    ("/v1/models/../../etc/passwd", {}, 400, "no such request"),
  ],
)  # fmt: skip
def test_what_is_refused(server, path, body, status, message):
  found, text = server.ask("POST", path, body)
  assert (found, message in json.loads(text)["error"]) == (status, True), text


JSON = st.recursive(
  st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
  lambda x: (
    st.lists(x, max_size=3)
    | st.dictionaries(
      st.sampled_from(["text", "text_pair", "b64", "input_ids", "inputs"]), x
    )
  ),
  max_leaves=8,
)
BODIES = st.binary(max_size=40) | st.builds(
  lambda value: json.dumps(value).encode(),
  JSON
  | st.dictionaries(
    st.sampled_from(["instances", "inputs", "signature_name", "examples"]), JSON
  ),
)


@hypothesis.settings(max_examples=80, deadline=None, database=None)
@hypothesis.given(
  st.sampled_from(KINDS),
  st.sampled_from(["predict", "classify", "regress", "x", ""]),
  BODIES,
)
def test_nonsense_is_refused(server, kind, verb, body):
  path = f"/v1/models/{kind}:{verb}"
  status, text = server.ask("POST", path, body)
  assert 400 <= status < 500 or (status == 200 and kind == "tagger"), text
  assert server.ask("GET", "/healthz")[0] == 200


@pytest.fixture(scope="module")
def driver(server, tmp_path_factory):
  with browser.opened(tmp_path_factory.mktemp("profile")) as opened:
    browser.show_as(opened)
    opened.get(f"http://127.0.0.1:{server.port}/")
    yield opened
    assert opened.get_log("browser") == []


def shown(driver, model, text, pair):
  """What the page answers."""
  from selenium.webdriver.support import select

  def one(selector):
    return driver.find_element("css selector", selector)

  browser.until(driver, lambda: one("#model").text)
  select.Select(one("#model")).select_by_visible_text(model)
  for name, value in (("#text", text), ("#pair", pair)):
    if one(name).is_displayed():
      one(name).clear()
      one(name).send_keys(value)
  one("button").click()
  browser.until(driver, lambda: "appears here" not in one("#answer").text)
  return one("#answer")


def test_the_page_shows_answers(server, exports, driver):
  text, pair = "Who <b>sat</b> on the mat?", "The cat sat on the mat & slept."
  given = [{"text": text, "text_pair": pair}]
  answer = shown(driver, "classifier", text, pair)
  rows = [
    row.text.split("\n") for row in answer.find_elements("css selector", ".row")
  ]
  want = exports["classifier"].predict(given)["probabilities"][0]
  assert rows == [
    [label, f"{100 * share:.1f} %"]
    for label, share in zip(("bad", "good"), want, strict=True)
  ]
  answer = shown(driver, "span", text, pair)
  want = exports["span"].predict(given)["answer"][0].decode()
  assert answer.text == pair
  assert [x.text for x in answer.find_elements("css selector", "mark")] == [
    want
  ]
  answer = shown(driver, "tagger", text, "")
  want = exports["tagger"].predict([{"text": text}])["tags"][0]
  tags = [x.text for x in answer.find_elements("css selector", ".tag")]
  assert tags == [tag.decode() for tag in want if tag != b"O"]
  assert not answer.find_elements("css selector", "b")
  answer = shown(driver, "pretrainer", "The [MASK] sat.", "")
  want = exports["pretrainer"].predict(
    [{"text": "The [MASK] sat.", "text_pair": ""}]
  )
  names = [x.text for x in answer.find_elements("css selector", ".name")]
  words = [x.decode() for x in want["tokens"][0, 0]]
  assert names == [*words, "second text follows"]
  assert "." in shown(driver, "regressor", "a", "b").text
