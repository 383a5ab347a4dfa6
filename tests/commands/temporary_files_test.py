"""What programs that tests run leave behind lies in pytest's own folder.

Forks end without clean-up, and killed programs anyhow.
"""

import os
import pathlib

import pytest

from tests import forks
from tests.commands import running

_TELL = "import tempfile; print(tempfile.gettempdir())"


def _forked(folder):
  program = folder / "tell.py"
  program.write_text(_TELL)
  out, _ = forks.Fork([str(program)], [], folder, os.environ).communicate(60)
  return out


def _alone(folder):
  return running.alone("-c", _TELL, cwd=folder).stdout


@pytest.mark.parametrize("run", [_forked, _alone])
def test_the_temporary_folder_of_a_program(run, tmp_path, tmp_path_factory):
  folder = pathlib.Path(run(tmp_path).strip())
  assert folder.is_relative_to(tmp_path_factory.getbasetemp())
  assert folder.is_dir()
