"""`python -m bert_tf`: the console command."""

from bert_tf.commands import console

if __name__ == "__main__":
  console.main()
