"""What commands do before TensorFlow is imported."""

from bert_tf.commands import onednn_default, quiet_tensorflow


def prepare(is_quiet: bool) -> None:
  """Sets what TensorFlow looks at when it starts.

  Args:
    is_quiet: Whether the lines that its C++ prints are left out.
  """
  onednn_default.switch_on()
  if is_quiet:
    quiet_tensorflow.install()
