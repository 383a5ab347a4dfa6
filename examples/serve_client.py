"""Asks a served model, by REST or by gRPC.

bert_tf serve --saved_model=models/mrpc
python examples/serve_client.py mrpc "It rained all day." "The day was wet."
python examples/serve_client.py --grpc mrpc "It rained all day."

REST needs Python alone, gRPC the package tensorflow-serving-api. The same
program asks TensorFlow Serving.
"""

import argparse
import json
import urllib.error
import urllib.request


def by_rest(address, model, instance):
  """Answers by name of an instance: texts by input name."""
  request = urllib.request.Request(
    f"http://{address}/v1/models/{model}:predict",
    json.dumps({"instances": [instance]}).encode(),
    {"Content-Type": "application/json"},
  )
  try:
    with urllib.request.urlopen(request, timeout=60) as response:
      (found,) = json.load(response)["predictions"]
  except urllib.error.HTTPError as error:
    raise SystemExit(f"{error.code}: {json.load(error)['error']}") from error
  return found


def by_grpc(address, model, instance):
  """As `by_rest`, with arrays as values."""
  import grpc
  import tensorflow as tf
  from tensorflow_serving.apis import (
    predict_pb2,
    prediction_service_pb2_grpc,
  )

  request = predict_pb2.PredictRequest()
  request.model_spec.name = model
  for name, text in instance.items():
    request.inputs[name].CopyFrom(tf.make_tensor_proto([text]))
  with grpc.insecure_channel(address) as channel:
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    response = stub.Predict(request, timeout=60)
  return {k: tf.make_ndarray(v)[0] for k, v in response.outputs.items()}


def main():
  """Prints the answer to the command line's texts."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument("model")
  parser.add_argument("text")
  parser.add_argument("text_pair", nargs="?", default="")
  parser.add_argument("--grpc", action="store_true")
  parser.add_argument("--address", help="default: 127.0.0.1:8501, or :8500")
  parser.add_argument("--alone", action="store_true", help="no text_pair input")
  told = parser.parse_args()
  instance = {"text": told.text}
  if not told.alone:
    instance["text_pair"] = told.text_pair
  ask, port = (by_grpc, 8500) if told.grpc else (by_rest, 8501)
  print(ask(told.address or f"127.0.0.1:{port}", told.model, instance))


if __name__ == "__main__":
  main()
