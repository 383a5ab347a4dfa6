"""The page of attention in Chromium: clicked, pointed at, typed to."""

import json
import re

import numpy as np
import pytest

from bert_tf.tasks.attention import page
from tests.tasks.attention import browser

LAYERS, HEADS = 3, 4
EVIL = (
  "</script><script>window.hacked=1</script>\"'<img src=x onerror=hacked=1>"
)
TOKENS = ("[CLS]", "the", EVIL, "##ing", "[SEP]", "&amp;", "\u2028ه", "[SEP]")
SEGMENTS = (0, 0, 0, 0, 0, 1, 1, 1)


def made_up():
  """Probabilities [L, N, S, S], each token with one that it looks at most."""
  random = np.random.default_rng(3)
  scores = 3 * random.standard_normal((LAYERS, HEADS, len(TOKENS), len(TOKENS)))
  weights = np.exp(scores)
  return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


PROBABILITIES = made_up()
VIEW = page.AttentionView(f"model {EVIL}", TOKENS, SEGMENTS, PROBABILITIES)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
  with browser.opened(tmp_path_factory.mktemp("profile")) as opened:
    yield opened


@pytest.fixture
def shown(driver, tmp_path):
  """The page, opened; afterwards nothing may have gone wrong in it."""
  path = tmp_path / "attention.html"
  path.write_text(page.html(VIEW), "utf-8")
  browser.show_as(driver)
  driver.get(path.as_uri())
  yield driver
  log = [entry["message"] for entry in driver.get_log("browser")]
  # Of the tests, which look at the pixels again and again.
  assert [x for x in log if "Multiple readback" not in x] == []
  resources = "return performance.getEntriesByType('resource').length"
  assert driver.execute_script(resources) == 0
  assert driver.execute_script("return window.hacked") is None


def find(driver, selector):
  return driver.find_elements("css selector", selector)


def title(driver):
  return find(driver, "#heads-title")[0].text


def shares(driver, side):
  """The percentages on one side, in order; None where none is shown."""
  texts = [x.text for x in find(driver, f"#{side} .share")]
  return [float(x.removesuffix(" %")) if x else None for x in texts]


def expected(weights):
  return pytest.approx(100 * weights, abs=0.051)  # One digit is shown.


def point_at(driver, element):
  from selenium.webdriver import ActionChains

  ActionChains(driver).move_to_element(element).perform()


def press(driver, *names):
  from selenium.webdriver import Keys

  for name in names:
    driver.switch_to.active_element.send_keys(getattr(Keys, name))


def test_a_click_chooses_a_head(shown):
  thumbs = find(shown, ".thumb")
  assert len(thumbs) == LAYERS * HEADS
  thumbs[1 * HEADS + 2].click()
  assert title(shown) == "Layer 2, head 3"
  chosen = find(shown, '.thumb[aria-checked="true"]')
  assert [x.get_attribute("aria-label") for x in chosen] == ["Layer 2, head 3"]
  assert shares(shown, "to") == expected(PROBABILITIES[1, 2, 1])
  assert find(shown, "#layer")[0].get_attribute("value") == "1"
  assert find(shown, "#head")[0].get_attribute("value") == "2"


def test_the_lists_choose_a_head(shown):
  from selenium.webdriver.support import select

  select.Select(find(shown, "#layer")[0]).select_by_visible_text("3")
  select.Select(find(shown, "#head")[0]).select_by_visible_text("4")
  assert title(shown) == "Layer 3, head 4"
  assert shares(shown, "to") == expected(PROBABILITIES[2, 3, 1])
  select.Select(find(shown, "#head")[0]).select_by_visible_text("all (mean)")
  assert title(shown) == "Layer 3, all heads"
  assert shares(shown, "to") == expected(PROBABILITIES[2].mean(0)[1])


def test_pointing_at_a_token_shows_where_it_looks(shown):
  for index, token in enumerate(find(shown, "#from .token")):
    point_at(shown, token)
    weights = PROBABILITIES[0, 0, index]
    assert shares(shown, "to") == expected(weights)
    assert shares(shown, "from") == [None] * len(TOKENS)
    most = TOKENS[int(weights.argmax())]
    told = find(shown, "#told")[0].get_attribute("textContent")
    assert told.startswith(f"{TOKENS[index]} looks at {most} ")


def test_pointing_at_the_right_shows_what_looks_at_it(shown):
  point_at(shown, find(shown, "#to .token")[3])
  assert shares(shown, "from") == expected(PROBABILITIES[0, 0, :, 3])
  assert "##ing is looked at by" in find(shown, "#told")[0].text


def test_a_click_keeps_a_token(shown):
  tokens = find(shown, "#from .token")
  tokens[4].click()
  point_at(shown, tokens[0])
  assert shares(shown, "to") == expected(PROBABILITIES[0, 0, 4])
  press(shown, "ESCAPE")
  point_at(shown, tokens[2])
  assert shares(shown, "to") == expected(PROBABILITIES[0, 0, 2])


def test_the_keyboard_alone(shown):
  from selenium.webdriver import Keys

  body = find(shown, "body")[0]
  body.send_keys(Keys.TAB)
  press(shown, "TAB", "TAB")  # Past both lists.
  press(shown, "ARROW_DOWN", "ARROW_DOWN")
  assert shares(shown, "to") == expected(PROBABILITIES[0, 0, 3])
  press(shown, "ARROW_RIGHT", "ARROW_UP")
  assert shares(shown, "from") == expected(PROBABILITIES[0, 0, :, 2])
  press(shown, "ENTER")
  assert find(shown, "#to .pinned")
  press(shown, "TAB", "ARROW_DOWN", "ARROW_LEFT")
  assert title(shown) == f"Layer 2, head {HEADS}"
  focused = shown.switch_to.active_element
  assert focused.get_attribute("aria-label") == title(shown)
  assert shares(shown, "from") == expected(PROBABILITIES[1, HEADS - 1, :, 2])


def test_the_text_is_shown_and_not_run(shown):
  words = [x.get_attribute("textContent") for x in find(shown, "#from .word")]
  assert words == list(TOKENS)
  assert not find(shown, "img")
  assert EVIL in find(shown, "#model")[0].text
  assert shown.title == f"Attention: model {EVIL}"


def test_a_script_that_gets_into_the_page_is_stopped(shown):
  """The policy stops it, should the escaping ever fail."""
  shown.execute_script(
    "const made = document.createElement('script');"
    "made.textContent = 'window.hacked = 1'; document.body.append(made)"
  )
  (entry,) = shown.get_log("browser")
  assert "Content Security Policy" in entry["message"]


def test_nothing_of_the_text_is_in_the_markup():
  made = page.html(VIEW)
  (text,) = re.findall(
    r'<script type="application/json" id="data">(.*?)</', made
  )
  assert not set("<>&\u2028") & set(text)
  data = json.loads(text)
  assert (data["tokens"], data["model"]) == (list(TOKENS), VIEW.model)
  assert made.count("hacked=1") == text.count("hacked=1") == 4
  assert not re.search(r"https?://|src=[^x]|url\(", made)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [browser.WIDE, browser.NARROW])
def test_it_fits_and_can_be_read(shown, size, scheme):
  browser.show_as(shown, size, scheme)
  wide = "return document.documentElement.scrollWidth <= window.innerWidth"
  assert shown.execute_script(wide)
  selectors = ("#from .word", "#to .segment-b .word", ".share", ".hint", "h1")
  for selector in selectors:
    assert contrast(find(shown, selector)[0]) >= 4.5, selector
  background = color(find(shown, "body")[0], "background-color")
  assert (sum(background) < 1.5) == (scheme == "dark")


def color(element, name):
  """Red, green and blue, from 0 to 1."""
  text = element.value_of_css_property(name)
  return [int(x) / 255 for x in re.findall(r"\d+", text)[:3]]


def contrast(element):
  """The contrast of text on a card, as of WCAG 2."""

  def luminance(rgb):
    linear = [
      x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in rgb
    ]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))

  card = element.parent.find_element("css selector", "section")
  pair = (
    luminance(color(element, "color")),
    luminance(color(card, "background-color")),
  )
  return (max(pair) + 0.05) / (min(pair) + 0.05)


def test_pictures_and_lines_are_drawn_in_both_schemes(shown):
  look = (
    "const canvas = document.querySelector(arguments[0]);"
    "const image = canvas.getContext('2d')"
    ".getImageData(0, 0, canvas.width, canvas.height);"
    "return Array.from(image.data)"
  )

  def pixels(selector):
    return np.array(shown.execute_script(look, selector)).reshape(-1, 4)

  def check_opacity():
    opacity = pixels(".thumb canvas")[:, 3] / 255
    weights = PROBABILITIES[0, 0].ravel()
    assert opacity == pytest.approx(np.sqrt(weights), abs=0.01)

  brightest = int(PROBABILITIES[0, 0].argmax())
  light = pixels(".thumb canvas")[brightest, :3]
  check_opacity()
  assert pixels("#lines")[:, 3].any()
  browser.show_as(shown, scheme="dark")
  browser.until(
    shown, lambda: (pixels(".thumb canvas")[brightest, :3] != light).any()
  )
  check_opacity()
  assert pixels("#lines")[:, 3].any()
