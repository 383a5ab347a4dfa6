"""How long something took, or will take, as text."""


def text(seconds: float) -> str:
  """Seconds as h:mm:ss."""
  whole = round(seconds)
  return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
