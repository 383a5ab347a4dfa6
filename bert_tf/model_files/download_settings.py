"""Where models are downloaded from and kept."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping
from urllib import parse

GOOGLE = "https://storage.googleapis.com/bert_models"
HUGGINGFACE = "https://huggingface.co"

# The environment variables that set the fields below.
HOME = "BERT_TF_HOME"
MIRROR = "BERT_TF_MIRROR"
OFFLINE = "BERT_TF_OFFLINE"
ENDPOINT = "HF_ENDPOINT"

_SCHEMES = ("https", "http", "file")
_YES = ("1", "true", "yes", "on")
_NO = ("", "0", "false", "no", "off")


@dataclasses.dataclass(frozen=True)
class DownloadSettings:
  """Where models come from, and how patiently they are downloaded.

  Attributes:
    home: The cache directory.
    google: Address below which `DATE/NAME.zip` lie.
    huggingface: Address below which `ORG/NAME/resolve/REVISION/FILE` lie.
    offline: Whether only what is cached, or lies at a file:// address, is
      used.
    timeout: Seconds without a byte after which a connection is given up.
    attempts: Connections in a row without progress, after which a download is
      given up.
    pause: Seconds before the second of them; doubled for each that follows.

  Raises:
    ValueError: An address has an unknown scheme, or `home` has one.
  """

  home: str
  google: str = GOOGLE
  huggingface: str = HUGGINGFACE
  offline: bool = False
  timeout: float = 30.0
  attempts: int = 5
  pause: float = 1.0

  def __post_init__(self) -> None:
    if "://" in self.home:
      raise ValueError(f"{HOME}={self.home}: expected a local directory")
    for name, variable in (("google", MIRROR), ("huggingface", ENDPOINT)):
      address = getattr(self, name)
      if parse.urlsplit(address).scheme not in _SCHEMES:
        raise ValueError(
          f"{variable}={address}: expected an address that starts with "
          "https://, http:// or file://, or an absolute path"
        )

  @classmethod
  def from_environment(
    cls, environment: Mapping[str, str] | None = None
  ) -> "DownloadSettings":
    """The settings that environment variables make.

    Args:
      environment: Their values; None takes those of the process.

    Raises:
      ValueError: A variable has a value that it cannot have.
    """
    values = os.environ if environment is None else environment
    home = values.get(HOME) or os.path.join("~", ".cache", "bert_tf")
    is_local = "://" not in home
    return cls(
      home=os.path.abspath(os.path.expanduser(home)) if is_local else home,
      google=_address(values.get(MIRROR) or GOOGLE),
      huggingface=_address(values.get(ENDPOINT) or HUGGINGFACE),
      offline=_switch(OFFLINE, values.get(OFFLINE, "")),
    )


def _address(text: str) -> str:
  """An address without a slash at its end; of a path, the file:// form."""
  if os.path.isabs(text):
    text = pathlib.Path(text).as_uri()
  return text.rstrip("/")


def _switch(name: str, text: str) -> bool:
  if text.lower() not in (*_YES, *_NO):
    raise ValueError(f"{name}={text}: expected 1 or 0")
  return text.lower() in _YES
