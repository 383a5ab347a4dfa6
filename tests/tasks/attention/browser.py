"""A headless Chromium for tests, of its own and without a network."""

import contextlib
import shutil

import pytest

_FLAGS = (
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
)
WIDE, NARROW = (1280, 900), (400, 900)


@contextlib.contextmanager
def opened(profile):
  """Opens it until the end of the block; skips where there is none.

  Args:
    profile: An empty folder.
  """
  programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
  for name, path in programs.items():
    if path is None:
      pytest.skip(f"no {name} here (Debian's chromium and chromium-driver)")
  from selenium import webdriver
  from selenium.webdriver.chrome import service

  options = webdriver.ChromeOptions()
  options.binary_location = programs["chromium"]
  options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
  for flag in (*_FLAGS, f"--user-data-dir={profile}"):
    options.add_argument(flag)
  driver = webdriver.Chrome(options, service.Service(programs["chromedriver"]))
  try:
    yield driver
  finally:
    driver.quit()


def show_as(driver, size=WIDE, scheme="light"):
  """Sets the window's size and the user's color scheme."""
  width, height = size
  driver.execute_cdp_cmd(
    "Emulation.setDeviceMetricsOverride",
    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
  )
  feature = {"name": "prefers-color-scheme", "value": scheme}
  driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
  script = f"return matchMedia('(prefers-color-scheme: {scheme})').matches"
  until(driver, lambda: driver.execute_script(script))


def until(driver, condition):
  """Waits until a condition holds; the browser does some things later."""
  from selenium.webdriver.support import ui

  return ui.WebDriverWait(driver, 10, 0.05).until(lambda _: condition())
