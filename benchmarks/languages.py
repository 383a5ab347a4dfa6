"""How a vocabulary suits a language: pieces, [UNK], and answers to be had.

Of a plain text (.txt) the nouns that --splitter finds stand for answers.

Half of the contexts of a file of questions (or, if given, a corpus) teach
vocabularies; the other half is cut with them, and with those given, and its
right answers go through features and back, as a perfect model would have it.

`python -m benchmarks.languages --questions=xquad.th.json --splitter=thai`
"""

import dataclasses
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(Path(__file__).resolve().parents[1])

from absl import flags

from benchmarks import word_splitters
from bert_tf.commands import command_line
from bert_tf.system import files
from bert_tf.tasks.squad import answer_ceiling, reader, settings
from bert_tf.text import (
  full_tokenizer,
  vocabulary_file,
  vocabulary_learner,
  vocabulary_summary,
)

FLAGS = flags.FLAGS

_QUESTIONS = flags.DEFINE_string(
  "questions", None, "Questions with answers, as of run_squad.", required=True
)
_ONLY = flags.DEFINE_string(
  "ids", "", "Only questions whose id begins like this."
)
_CORPUS = flags.DEFINE_string(
  "corpus",
  None,
  "Text to learn from, comma-separated files or globs; then all questions are "
  "measured. Without it, every other context.",
)
_VOCABULARIES = flags.DEFINE_list(
  "vocab_files", [], "Vocabularies to measure as well; cased if so named."
)
_SIZE = flags.DEFINE_integer(
  "vocab_size",
  8000,
  "Of what is learned; 0 learns nothing and measures all questions.",
)
_SPLITTER = flags.DEFINE_enum(
  "splitter",
  "none",
  list(word_splitters.SPLITTERS),
  "Also measure the text split by this analyzer.",
)

_LONGEST_ANSWER = settings.DecodingSettings().max_answer_length


@dataclasses.dataclass(frozen=True)
class Row:
  """What is measured of a vocabulary.

  Attributes:
    name: The vocabulary, and how the text was split.
    figures: How it cuts the contexts.
    characters: Of the contexts, white space apart.
    known: Share of right answers without [UNK], in percent.
    original: Share that comes back by the original's rule, in percent.
    offsets: The same by offsets.
    of_known: The same by offsets, of answers without [UNK].
    too_long: Answers with more tokens than `max_answer_length`, in percent.
  """

  name: str
  figures: vocabulary_summary.Figures
  characters: int
  known: float
  original: float
  offsets: float
  of_known: float
  too_long: float


def main() -> None:
  """Measures and prints a table."""
  if _QUESTIONS.value.endswith(".txt"):
    asked = list(_of_nouns(files.expand(_QUESTIONS.value), _SPLITTER.value))
  else:
    asked = [
      question
      for question in reader.read_for_training(_QUESTIONS.value, False)
      if question.id.startswith(_ONLY.value)
    ]
  if not asked:
    raise ValueError(f"{_QUESTIONS.value}: no id begins with {_ONLY.value!r}")
  contexts = list(dict.fromkeys(question.context.text for question in asked))
  texts = [
    line
    for path in (files.expand(_CORPUS.value) if _CORPUS.value else [])
    for line in Path(path).read_text(encoding="utf-8").split("\n")
  ]
  if not texts and _SIZE.value:
    texts, measured = contexts[::2], set(contexts[1::2])
    asked = [x for x in asked if x.context.text in measured]
  rows = []
  for name in dict.fromkeys(("none", _SPLITTER.value)):
    rows += list(_rows(asked, texts, name))
  _print(rows, asked)


def _of_nouns(paths: Sequence[str], splitter: str) -> Iterator[reader.Example]:
  """Each noun of each line as the answer of a question."""
  if splitter not in word_splitters.NOUNS:
    raise ValueError(
      f"a plain text needs a --splitter that finds nouns: "
      f"{', '.join(word_splitters.NOUNS)}"
    )
  lines = (
    line.strip()
    for path in paths
    for line in Path(path).read_text(encoding="utf-8").split("\n")
  )
  for line in dict.fromkeys(filter(None, lines)):
    context = reader.Context(line)
    for first, end in word_splitters.NOUNS[splitter](line):
      answer = _answer(context, first, end)
      yield reader.Example(f"{first}", "", context, answer)


def _answer(context: reader.Context, first: int, end: int) -> reader.Answer:
  words = context.word_of_char
  return reader.Answer(
    context.text[first:end], words[first], words[end - 1], (first, end)
  )


def _rows(
  asked: Sequence[reader.Example], texts: Sequence[str], splitter: str
) -> Iterator[Row]:
  split = word_splitters.SPLITTERS[splitter]
  asked = [_split(question, split) for question in asked]
  texts = [word_splitters.SplitText(text, split).text for text in texts]
  suffix = "" if splitter == "none" else ", split"
  for lower in (False, True) if _SIZE.value else ():
    name = f"own, {'uncased' if lower else 'cased'}"
    with tempfile.TemporaryDirectory() as folder:
      tokenizer = _learned(texts, lower, folder)
    yield _measured(f"{name}{suffix}", asked, tokenizer)
  for path in _VOCABULARIES.value:
    name = os.path.basename(path).removesuffix(".txt")
    is_cased = "cased" in name and "uncased" not in name
    tokenizer = full_tokenizer.FullTokenizer(path, not is_cased)
    yield _measured(f"{name}{suffix}", asked, tokenizer)


def _split(
  question: reader.Example, split: word_splitters.Split
) -> reader.Example:
  """The question over its split context."""
  new = word_splitters.SplitText(question.context.text, split)
  context = reader.Context(new.text)
  assert question.answer is not None
  first, end = new.place(*question.answer.characters)
  return dataclasses.replace(
    question, context=context, answer=_answer(context, first, end)
  )


def _learned(
  texts: Sequence[str], lower: bool, folder: str
) -> full_tokenizer.FullTokenizer:
  corpus, vocabulary = (os.path.join(folder, x) for x in ("text", "vocab.txt"))
  Path(corpus).write_text("\n".join(texts), encoding="utf-8")
  learned = vocabulary_learner.learn(
    [corpus],
    vocabulary_learner.Settings(vocab_size=_SIZE.value, do_lower_case=lower),
  )
  vocabulary_file.save_vocab(vocabulary, learned.pieces)
  return full_tokenizer.FullTokenizer(vocabulary, lower)


def _measured(
  name: str,
  asked: Sequence[reader.Example],
  tokenizer: full_tokenizer.FullTokenizer,
) -> Row:
  contexts = list(dict.fromkeys(x.context.text for x in asked))
  windows = settings.WindowSettings()
  original, offsets = (
    answer_ceiling.returned(asked, tokenizer, windows, alignment)
    for alignment in settings.ALIGNMENTS
  )
  known = [x for x in offsets if not x.has_unknown]
  return Row(
    name,
    vocabulary_summary.measure(contexts, tokenizer),
    sum(len("".join(text.split())) for text in contexts),
    _percent([not x.has_unknown for x in offsets]),
    _percent([_comes_back(x) for x in original]),
    _percent([_comes_back(x) for x in offsets]),
    _percent([_comes_back(x) for x in known]),
    _percent([x.tokens > _LONGEST_ANSWER for x in offsets]),
  )


def _comes_back(answer: answer_ceiling.Returned) -> bool:
  """Whether it reads as it should; white space put in by a split is none."""
  found, wanted = ("".join(x.split()) for x in (answer.text, answer.wanted))
  return found == wanted


def _percent(hits: Sequence[bool]) -> float:
  return 100 * sum(hits) / max(len(hits), 1)


_HEADER = (
  "| vocabulary | pieces a word | pieces a character | words with [UNK] | "
  "answers without [UNK] | come back, original | come back, offsets | offsets, "
  "of those without [UNK] | above 30 tokens |"
)


def _print(rows: Sequence[Row], asked: Sequence[reader.Example]) -> None:
  print(f"{len(asked)} questions measured\n\n{_HEADER}\n{'|---' * 9}|")
  for row in rows:
    cells = (
      row.name,
      f"{row.figures.pieces_per_word:.2f}",
      f"{row.figures.pieces / row.characters:.2f}",
      f"{100 * row.figures.unknown_share:.2f}%",
      f"{row.known:.1f}%",
      f"{row.original:.2f}%",
      f"{row.offsets:.2f}%",
      f"{row.of_known:.2f}%",
      f"{row.too_long:.1f}%",
    )
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
  command_line.run(main)
