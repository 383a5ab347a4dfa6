"""Texts that nobody means to ask a model, as bytes."""

ODD = [
  b"",
  b"\0",
  b"a\0b \x01\x02",
  b"\xff\xfe broken \xc3",
  "שלום עולם, مرحبا".encode(),
  "🙂👩‍👩‍👧 ok".encode(),
  b"[MASK]" * 3,
  b"word " * 10_000,
  b"x" * 5000,
  "\u202e\u0301\u2028\ufeff".encode(),
]
