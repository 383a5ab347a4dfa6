"""Made-up text in many scripts, to time tokenizers on."""

import random

# Letters that words are made of, and how many of them a word has.
_SCRIPTS = (
  ("etaoinshrdlucmfwypvbgk", 6),
  ("aeiouáéíóúñçãõüöäßrstln", 6),
  ("оеаинтсрвлкмдпуяыьгзбч", 6),
  ("ΑΕΙΟΝΣΤΡαειονστρκλμήίόά", 6),
  ("الويمنرتبعدسهقفكحج", 5),
  ("שלוםיהרבתמנכאד", 5),
  ("कखगतनपमयरलवसहािीेो", 5),
  ("กขคงจตนปมยรลวสาิีเแ", 7),
  ("가나다라마바사아자차한국어서을는이고", 3),
  ("あいうえおかきくけこのはにをアイウエオ", 4),
  ("的一是不了人我在有他这中大来上国", 8),
)
_WORDS = 1_500  # of each script
_ENDS = (" ", " ", " ", " ", ", ", ". ", " – ", "! ", "。", " “")


def mixed_scripts(lines: int, seed: int = 1) -> list[str]:
  """Lines of about 100 characters, each in one script or two.

  Words come again as in a language: the n-th as often as 1 / n.
  """
  rng = random.Random(seed)
  words = [
    [
      "".join(rng.choices(letters, k=rng.randint(1, 2 * size - 1)))
      for _ in range(_WORDS)
    ]
    for letters, size in _SCRIPTS
  ]
  weights = [1 / (rank + 1) for rank in range(_WORDS)]
  made = []
  for _ in range(lines):
    line = ""
    for script in rng.sample(words, rng.randint(1, 2)):
      for word in rng.choices(script, weights, k=9):
        line += word + rng.choice(_ENDS)
    made.append(line)
  return made
