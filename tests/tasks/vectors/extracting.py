"""Feature extraction of the tiny model, for several tests."""

import pathlib

import bert_tf
from bert_tf.tasks.vectors import run, settings
from bert_tf.training import device_strategy

TESTDATA = pathlib.Path(__file__).resolve().parents[2] / "testdata"
LAYERS = (-1, -2, 1)


def extract(output, **changes):
  told = {
    "input_file": str(TESTDATA / "extract_features" / "input.txt"),
    "output_file": str(output),
    "vocab_file": str(TESTDATA / "vocab.txt"),
    "init_checkpoint": str(TESTDATA / "tiny" / "bert_model.ckpt"),
    "layers": LAYERS,
    "max_seq_length": 32,
    "batch_size": 2,
  } | changes
  config = bert_tf.BertConfig.from_json_file(
    TESTDATA / "tiny" / "bert_config.json"
  )
  return run.run(
    config,
    settings.FeatureSettings(**told),
    device_strategy.DeviceSettings(),
  )
