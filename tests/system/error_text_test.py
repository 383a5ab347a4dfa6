"""Messages without the insides of TensorFlow, and of a length to be read."""

import pytest
import tensorflow as tf

from bert_tf.system import error_text


def test_tensorflows_insides_are_left_out(tmp_path):
  (tmp_path / "x").write_bytes(b"no record at all" * 9)
  with pytest.raises(tf.errors.DataLossError) as error:
    next(iter(tf.data.TFRecordDataset(str(tmp_path / "x"))))
  assert "{{function_node" in str(error.value)
  text = error_text.plain(error.value)
  assert text.startswith("corrupted record at 0")
  assert "{{" not in text
  assert "[Op:" not in text


def test_other_errors_are_what_they_are():
  assert error_text.plain(ValueError("a {{b}} [c]")) == "a {{b}} [c]"


def test_the_answer_of_a_store_is_its_message():
  error = tf.errors.PermissionDeniedError(
    None,
    None,
    'HTTP response code 403 with body \'{\n "error": {\n  "code": 403,\n'
    '  "message": "a does not have b"\n }\n}\'\n\t when writing gs://x/y',
  )
  assert error_text.plain(error).split("\n") == [
    "HTTP response code 403: a does not have b",
    "\t when writing gs://x/y",
  ]
  text = "HTTP response code 403 with body '<html>no</html>'"
  assert error_text.plain(ValueError(text)) == "HTTP response code 403"


def test_long_texts_keep_both_ends():
  assert error_text.shortened("a" * 1200) == "a" * 1200
  text = error_text.shortened("a" * 5000 + "b" * 5000)
  assert len(text) < 1200
  assert text.startswith("aaaa")
  assert text.endswith("bbbb")
  assert "[... 8840 characters ...]" in text
