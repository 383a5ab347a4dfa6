"""That the benchmarks run. What they say depends on the machine."""

import pytest

from tests.tools import commands


@pytest.mark.parametrize("what", ["tokenizer", "in_graph_tokenizer"])
def test_tokenizers(tmp_path, uncased_vocab_file, what):
  text = tmp_path / "text.txt"
  text.write_text("Straße, said the kraken.\nPlain text\n", encoding="utf-8")
  done = commands.run(
    "benchmark",
    f"--what={what}",
    f"--input={text}",
    f"--vocab_file={uncased_vocab_file}",
    "--rounds=2",
  )
  assert done.returncode == 0, done.stderr
  assert done.stdout.count(" MB/s ") == 5
  if what == "in_graph_tokenizer":
    assert "InGraphTokenizer: 0 of 3 lines differ" in done.stdout
    assert "FastBertTokenizer: 1 of 3 lines differ" in done.stdout
