"""Computes the attention of one text, or pair, and writes a page of it."""

import os

import numpy as np
from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import (
  encoder_loader,
  model_tokenizer,
  run_metadata,
)
from bert_tf.inputs import encoded_texts
from bert_tf.models import bert_model
from bert_tf.system import files, output_files
from bert_tf.tasks.attention import page, settings
from bert_tf.text import vocabulary_fit
from bert_tf.training import device_strategy, dtype_policies

# Beyond this many numbers the page is slow to open.
_MANY = 20_000_000


def run(
  config: bert_config.BertConfig,
  options: settings.AttentionSettings,
  devices: device_strategy.DeviceSettings,
) -> None:
  """Writes the page.

  Raises:
    OSError: A file is missing or cannot be written.
    ValueError: A setting, file or checkpoint does not fit; see the message.
  """
  length = options.max_seq_length or config.max_position_embeddings
  config.check_length(length)
  files.check_output(options.output_file, [options.vocab_file], "output_file")
  tokenizer = model_tokenizer.load(
    config,
    options.vocab_file,
    options.do_lower_case,
    checkpoint=options.init_checkpoint,
  )
  texts = [options.text, *filter(None, [options.text_pair])]
  vocabulary_fit.warn_of_unknown(tokenizer, texts, "--text")
  inputs = encoded_texts.encode(
    [(options.text, options.text_pair)], tokenizer, length
  )
  count = int(inputs["input_mask"].sum())
  wanted = sum(len(tokenizer.tokenize(text)) for text in texts)
  wanted += 1 + len(texts)
  if count < wanted:
    logging.warning(
      "the text has %d tokens, and the first %d are shown (--max_seq_length)",
      wanted,
      count,
    )
  inputs = {name: rows[:, :count] for name, rows in inputs.items()}  # [1, S]
  with device_strategy.create(devices).scope():
    model = bert_model.BertModel(
      config,
      devices.kind == "tpu",
      dtype_policies.policy(devices.precision),
    )
  encoder_loader.load(model, options.init_checkpoint)
  found = model.attention_probabilities(inputs)  # L times [1, N, S, S]
  probabilities = np.concatenate([np.asarray(x, np.float32) for x in found])
  if probabilities.size > _MANY:
    logging.warning(
      "%d tokens in %d heads make a large page; --max_seq_length shortens it",
      count,
      config.num_hidden_layers * config.num_attention_heads,
    )
  view = page.AttentionView(
    model=_name(options.init_checkpoint),
    tokens=tokenizer.convert_ids_to_tokens(inputs["input_ids"][0].tolist()),
    segments=inputs["segment_ids"][0].tolist(),
    probabilities=probabilities,  # [L, N, S, S]
  )
  output_files.write_atomically(options.output_file, page.html(view).encode())
  logging.info("wrote %s", options.output_file)


def _name(checkpoint: str) -> str:
  """What a model is called: its folder, which Google names after the model."""
  folder = run_metadata.folder_of(checkpoint)
  return os.path.basename(os.path.abspath(folder))
