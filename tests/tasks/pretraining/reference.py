"""The recipe for pre-training data in plain Python, lists and `random.Random`.

Slow and simple: tests compare the compiled generator with it, and it is what
"without compiling" costs.
"""

import dataclasses
import random
from collections.abc import Callable, Iterable, Mapping, Sequence

from bert_tf.tasks.pretraining import settings

Document = list[list[str]]


@dataclasses.dataclass
class Instance:
  tokens: list[str]  # [CLS] a [SEP] b [SEP], some of them masked.
  second: int  # Where the tokens of b start.
  is_random_next: bool
  masked: dict[int, str]  # What was at each masked position.


def read_documents(
  texts: Iterable[str], tokenize: Callable[[str], list[str]]
) -> list[Document]:
  """Documents of sentences of tokens; texts follow without a break."""
  documents: list[Document] = [[]]
  for text in texts:
    lines = text.replace("\r", "").split("\n")
    if not lines[-1]:
      lines.pop()
    for line in lines:
      if not line.strip():
        documents.append([])
      elif tokens := tokenize(line.strip()):
        documents[-1].append(tokens)
  return [document for document in documents if document]


def make_instances(
  documents: Sequence[Document],
  vocab: Mapping[str, int],
  config: settings.PretrainingDataConfig,
) -> list[Instance]:
  """All instances of all copies, shuffled."""
  rng = random.Random(config.random_seed)
  documents = list(documents)
  rng.shuffle(documents)
  words = list(vocab)
  instances: list[Instance] = []
  for _ in range(config.dupe_factor):
    for index in range(len(documents)):
      for a, b, is_random in _pairs(documents, index, config, rng):
        tokens = ["[CLS]", *a, "[SEP]", *b, "[SEP]"]
        masked = _mask(tokens, words, config, rng)
        instances.append(Instance(tokens, len(a) + 2, is_random, masked))
  rng.shuffle(instances)
  return instances


def _pairs(
  documents: Sequence[Document],
  index: int,
  config: settings.PretrainingDataConfig,
  rng: random.Random,
) -> Iterable[tuple[list[str], list[str], bool]]:
  """Pairs of segments of one document. Draws go on between pairs."""
  document = documents[index]
  most = config.max_seq_length - 3
  target = most
  if rng.random() < config.short_seq_prob:
    target = rng.randint(2, most)
  rest = list(document)
  while rest:
    taken, size = 1, len(rest[0])
    while taken < len(rest) and size < target:
      size += len(rest[taken])
      taken += 1
    chunk = rest[:taken]
    cut = rng.randint(1, taken - 1) if taken > 1 else 1
    a = _joined(chunk[:cut])
    is_random = taken == 1 or rng.random() < 0.5
    if is_random:
      b = _elsewhere(documents, index, target - len(a), rng)
      rest = rest[cut:]
    else:
      b = _joined(chunk[cut:])
      rest = rest[taken:]
    while len(a) + len(b) > most:
      longer = a if len(a) > len(b) else b
      longer.pop(0 if rng.random() < 0.5 else -1)
    yield a, b, is_random


def _joined(sentences: Document) -> list[str]:
  return [token for sentence in sentences for token in sentence]


def _elsewhere(
  documents: Sequence[Document], index: int, wanted: int, rng: random.Random
) -> list[str]:
  """Sentences of another document, from a random one on."""
  for _ in range(10):
    other = rng.randint(0, len(documents) - 1)
    if other != index:
      break
  found: list[str] = []
  start = rng.randint(0, len(documents[other]) - 1)
  for sentence in documents[other][start:]:
    found += sentence
    if len(found) >= wanted:
      break
  return found


def _mask(
  tokens: list[str],
  words: Sequence[str],
  config: settings.PretrainingDataConfig,
  rng: random.Random,
) -> dict[int, str]:
  """Masks `tokens` in place; returns what was there, by position."""
  groups: list[list[int]] = []
  for position, token in enumerate(tokens):
    if token in ("[CLS]", "[SEP]"):
      continue
    if config.do_whole_word_mask and groups and token.startswith("##"):
      groups[-1].append(position)
    else:
      groups.append([position])
  rng.shuffle(groups)
  wanted = max(1, round(len(tokens) * config.masked_lm_prob))
  wanted = min(wanted, config.max_predictions_per_seq)
  was: dict[int, str] = {}
  for group in groups:
    if len(was) + len(group) > wanted:
      continue
    for position in group:
      was[position] = tokens[position]
      if rng.random() < 0.8:
        tokens[position] = "[MASK]"
      elif rng.random() >= 0.5:
        tokens[position] = words[rng.randint(0, len(words) - 1)]
  return dict(sorted(was.items()))


def features(
  instance: Instance,
  vocab: Mapping[str, int],
  config: settings.PretrainingDataConfig,
) -> dict[str, list[float]]:
  """What is recorded of an instance."""

  def padded(values: list[float], size: int) -> list[float]:
    return values + [0] * (size - len(values))

  size = len(instance.tokens)
  length, most = config.max_seq_length, config.max_predictions_per_seq
  ids = [vocab[token] for token in instance.tokens]
  segments = [0] * instance.second + [1] * (size - instance.second)
  labels = [vocab[token] for token in instance.masked.values()]
  return {
    "input_ids": padded(ids, length),
    "input_mask": padded([1] * size, length),
    "segment_ids": padded(segments, length),
    "masked_lm_positions": padded(list(instance.masked), most),
    "masked_lm_ids": padded(labels, most),
    "masked_lm_weights": padded([1.0] * len(labels), most),
    "next_sentence_labels": [int(instance.is_random_next)],
  }
