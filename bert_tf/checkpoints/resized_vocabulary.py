"""Changing a model's vocabulary: the word pieces, and the rows of each."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.checkpoints import portable_model, variable_names

_TABLE = "bert/embeddings/word_embeddings"
_BIAS = "cls/predictions/output_bias"
_UNUSED = re.compile(r"\[unused(\d+)\]$")


def add_tokens(
  model: portable_model.Portable, tokens: Sequence[str], seed: int
) -> portable_model.Portable:
  """Gives word pieces a place: those of `[unusedN]` first, then new ones.

  A piece that takes the place of an `[unusedN]` takes its row as it is.

  Args:
    model: Has a vocabulary.
    tokens: Word pieces; a piece within a word starts with "##".
    seed: For new rows.

  Raises:
    ValueError: There is no vocabulary, or a token cannot be added.
  """
  pieces = list(_pieces(model))
  for token in tokens:
    if not token or token != "".join(token.split()):
      raise ValueError(
        f"add_tokens: {token!r} is empty or has white space in it, and the "
        "tokenizer gives no such word piece"
      )
  twice = [t for i, t in enumerate(tokens) if t in pieces or t in tokens[:i]]
  if twice:
    raise ValueError(
      f"add_tokens: {twice[0]!r} is there already, or given twice"
    )
  if model.known_rules().lower_case:
    cased = [token for token in tokens if token != token.lower()]
    if cased:
      raise ValueError(
        f"add_tokens: {cased[0]!r} has capital letters, and the model's text "
        "is lower-cased: it would never be found"
      )
  free = [i for i, piece in enumerate(pieces) if _UNUSED.match(piece)]
  for index, token in zip(free, tokens, strict=False):
    pieces[index] = token
  pieces += tokens[len(free) :]
  return _with_pieces(model, pieces, seed)


def resize(
  model: portable_model.Portable, rows: int, seed: int
) -> portable_model.Portable:
  """Gives a model's table another number of rows, and the vocabulary with it.

  New rows have `[unusedN]` word pieces. Rows are cut only if they have no word
  piece, as in tables that were rounded up.

  Args:
    model: With a vocabulary, or without.
    rows: How many.
    seed: For new rows.

  Raises:
    ValueError: There are more word pieces than rows.
  """
  if model.vocabulary is None:
    if rows < model.config.vocab_size:
      raise ValueError(
        f"{model.path}: resize_vocab={rows} would cut some of the "
        f"{model.config.vocab_size} rows, which may be words: there is no "
        "vocab.txt to tell"
      )
    return _with_rows(model, rows, seed)
  pieces = list(model.vocabulary)
  if rows < len(pieces):
    raise ValueError(
      f"{model.path}: resize_vocab={rows} would cut words: the vocabulary has "
      f"{len(pieces)} word pieces"
    )
  numbers = [int(m[1]) for piece in pieces if (m := _UNUSED.match(piece))]
  first = max(numbers, default=-1) + 1
  new = [f"[unused{first + i}]" for i in range(rows - len(pieces))]
  return _with_pieces(model, pieces + new, seed)


def _pieces(model: portable_model.Portable) -> tuple[str, ...]:
  if model.vocabulary is None:
    raise ValueError(f"{model.path}: no vocabulary to add to")
  return model.vocabulary


def _with_pieces(
  model: portable_model.Portable, pieces: Sequence[str], seed: int
) -> portable_model.Portable:
  changed = _with_rows(model, len(pieces), seed)
  return dataclasses.replace(changed, vocabulary=tuple(pieces))


def _with_rows(
  model: portable_model.Portable, rows: int, seed: int
) -> portable_model.Portable:
  """The tables of words, and the optimizer's entries for them, cut or grown."""
  tensors = dict(model.tensors)
  rng = np.random.default_rng(seed)
  added = max(0, rows - model.config.vocab_size)
  for name in (_TABLE, _BIAS):
    slots = [f"{name}/{slot}" for slot in variable_names.SLOTS]
    others = [n for n in tensors if n.startswith(f"{name}/") and n not in slots]
    if others and rows != model.config.vocab_size:
      raise ValueError(
        f"{model.path}: {others[0]} is of an optimizer whose state cannot be "
        "resized with the vocabulary; --strip_optimizer leaves it out"
      )
    for entry in (name, *slots):
      if entry not in tensors:
        continue
      old = tensors[entry][:rows]
      shape = (added, *old.shape[1:])
      deviation = model.config.initializer_range if entry == _TABLE else 0.0
      new = truncated_normal(rng, shape, deviation).astype(old.dtype)
      tensors[entry] = np.concatenate([old, new])
  config = dataclasses.replace(model.config, vocab_size=rows)
  return dataclasses.replace(model, config=config, tensors=tensors)


def truncated_normal(
  rng: np.random.Generator, shape: tuple[int, ...], deviation: float
) -> npt.NDArray[Any]:
  """Normal numbers within two deviations of 0, as BERT's weights start."""
  found = rng.normal(size=shape)
  while (outside := np.abs(found) > 2).any():
    found[outside] = rng.normal(size=int(outside.sum()))
  return found * deviation
