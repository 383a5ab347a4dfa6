"""The original's output, for several tests."""

import gzip
import json

import pytest

import bert_tf


@pytest.fixture(scope="session")
def golden(testdata):
  path = testdata / "extract_features" / "output.jsonl.gz"
  with gzip.open(path, "rt") as file:
    return [json.loads(line) for line in file]


@pytest.fixture(scope="session")
def tokenizer(testdata):
  return bert_tf.FullTokenizer(testdata / "vocab.txt")
