"""What the CPU can do, by Linux's names ("avx2", "avx512_bf16")."""

CPU_FILE = "/proc/cpuinfo"


def names(cpu_file: str = CPU_FILE) -> frozenset[str]:
  """The features of the first CPU; none if that is not known.

  Args:
    cpu_file: Where Linux tells of the CPU.
  """
  try:
    with open(cpu_file, encoding="utf-8", errors="replace") as file:
      for line in file:
        name, _, value = line.partition(":")
        if name.strip() == "flags":
          return frozenset(value.split())
  except OSError:
    pass
  return frozenset()
