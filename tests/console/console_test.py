#!/usr/bin/env python3
"""Opens every page of the console in a headless Chromium, against a running demo.

console_test.py --freshet build/dev/app/freshet [--screenshots DIR] [unittest's arguments]
"""

import argparse
import contextlib
import os
import re
import shutil
import sys
import unittest
from urllib.parse import quote

from demo import Demo, ask
from devtools import Browser, find_chromium

SKIPPED = 77  # ctest's SKIP_RETURN_CODE.
DESKTOP, PHONE = (1280, 900), (360, 780)
CLICKS = 24
HOSTILE = '<img src=x onerror="window.hacked=1"><b>Kettle</b>'

options = argparse.Namespace(freshet="", screenshots="")

# What a page must not look like; each returns what is wrong, by the place where it is.
EMPTY = """[...document.querySelectorAll('main .card')].filter((card) => card.checkVisibility() &&
  card.innerText.replace(card.querySelector('h2')?.innerText || '', '').trim() === '').map((card) => card.outerHTML.slice(0, 120))"""
ODD = r"(document.querySelector('main').innerText.match(/.*(undefined|NaN|\[object|Asking…).*/g) || [])"
ABSENT = "[...document.querySelectorAll('main .absence')].map((each) => each.innerText)"
# WCAG 2.1's contrast of every text with what is behind it; below 4.5 it is hard to read (3 when large).
FAINT = """(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      if (colour[3] > 128) return colour;
    }
    return rgba('white');
  };
  const texts = [...document.querySelectorAll('body *')].filter((each) => each.checkVisibility({ opacityProperty: true }) && !each.disabled &&
    each.tagName !== 'OPTION' && [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
  return texts.map((each) => {
    const [a, b] = [light(rgba(getComputedStyle(each).color)), light(behind(each))];
    const style = getComputedStyle(each);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), large ? 3 : 4.5, each];
  }).filter(([contrast, needed]) => contrast < needed).map(([contrast, , each]) =>
    `${contrast.toFixed(2)} ${each.tagName}.${each.className} "${each.textContent.slice(0, 30)}"`);
})()"""


def setUpModule():
    """One demo, one browser and one user with a history for all tests."""
    global demo, browser, user, items
    stack = contextlib.ExitStack()
    unittest.addModuleCleanup(stack.close)
    demo = stack.enter_context(Demo(options.freshet))
    browser = stack.enter_context(Browser(find_chromium()))
    with contextlib.closing(browser.page()) as page:
        page.open(demo.address)
        page.wait("document.querySelector('.lists a')", "the first list on the Live page", 60)
        user = page.evaluate("document.querySelector('.lists a').innerText")
        items = page.evaluate(f"fetch('v1/users/{quote(user)}/recommendations').then((answer) => answer.json()).then((list) => list.items)")


class ConsoleTest(unittest.TestCase):
    def setUp(self):
        self.page = browser.page()
        self.addCleanup(self.page.close)
        self.page.show_as(*DESKTOP, "light")

    def open(self, route, ready="document.querySelector('main .card')"):
        self.page.open(demo.address + "#/" + route)
        self.page.wait(f"({ready}) && !document.querySelector('main').innerText.includes('Asking…')", f"{route} is shown")

    def assert_no_errors(self):
        self.assertEqual(self.page.errors, [])

    def shoot(self, name):
        if options.screenshots:
            self.page.screenshot(os.path.join(options.screenshots, f"{name}.png"))

    def pages(self):
        item = quote(items[0]["item_id"], safe="")
        return {"shop": (f"shop/{quote(user, safe='')}", "document.querySelector('.goods') && document.querySelector('.ranked li')"),
                "live": ("live", "document.querySelectorAll('.plot canvas').length >= 8 && document.querySelector('.letters li')"),
                "user": (f"user/{quote(user, safe='')}", "document.querySelector('.ranked li')"), "users": ("user", "document.querySelector('.plain-list a')"),
                "item": (f"item/{item}", "document.querySelector('.facts')"), "items": ("item", "true"), "model": ("model", "document.querySelector('.weights li')")}

    def test_every_page_can_be_read_on_every_screen_in_every_light(self):
        for width, height in [DESKTOP, PHONE]:
            for theme in ["light", "dark"]:
                for name, (route, ready) in self.pages().items():
                    with self.subTest(page=name, width=width, theme=theme):
                        self.page.show_as(width, height, theme)
                        self.open(route, ready)
                        self.check_page()
                        self.shoot(f"{name}-{width}-{theme}")
                        self.page.errors.clear()

    def check_page(self):
        self.assert_no_errors()
        self.assertEqual(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0, "it can be moved sideways")
        self.assertEqual(self.page.evaluate(EMPTY), [], "empty cards")
        self.assertEqual(self.page.evaluate(ODD), [])
        self.assertEqual(self.page.evaluate(FAINT), [], "too little contrast")
        self.assertEqual([name for name in self.page.names() if not name[1].strip()], [], "no label")
        self.assertEqual(self.page.evaluate(ABSENT), [])

    def test_every_plot_shows_figures(self):
        self.open("live")
        unknown = "[...document.querySelectorAll('.plot')].filter((plot) => !plot.querySelector('canvas') || " \
                  "[...plot.querySelectorAll('.legend b')].every((value) => value.innerText === '–')).map((plot) => plot.querySelector('.title').innerText)"
        self.page.wait(f"{unknown}.length === 0", "every plot has a known figure", 60)

    def test_pages_are_reached_by_the_keyboard(self):
        self.open("live")
        reached = []
        for _ in range(12):
            self.page.press("Tab")
            reached.append(self.page.evaluate("document.activeElement.innerText.trim()"))
            if reached[-1] == "Item":
                break
        self.assertEqual([name for name in reached if name in ("Shop", "Live", "User", "Item")], ["Shop", "Live", "User", "Item"], reached)
        self.page.press("Enter")
        self.page.wait("document.querySelector('.page-item')", "the Item page, by Enter")

    def test_the_theme_can_be_chosen_and_stays(self):
        self.open("model")
        light = self.page.evaluate("getComputedStyle(document.body).backgroundColor")
        self.page.evaluate("document.getElementById('theme').click(), document.getElementById('theme').click()")
        dark = self.page.evaluate("getComputedStyle(document.body).backgroundColor")
        self.assertNotEqual(light, dark)
        self.open("model")
        self.assertEqual(self.page.evaluate("getComputedStyle(document.body).backgroundColor"), dark)
        self.page.evaluate("localStorage.clear()")

    def click_goods(self, number, action):
        """Acts on an item of the catalogue; returns the milliseconds that the page shows for it."""
        self.page.evaluate(f"document.querySelectorAll('.goods')[{number}].querySelector('[data-action={action}]').click()")
        self.page.wait("!document.querySelector('.clicks b').innerText.includes('…')", f"a list after {action}", 15)
        shown = self.page.evaluate("document.querySelector('.clicks b').innerText")
        value, unit = re.fullmatch(r"([0-9.]+) (ms|s)", shown).groups()
        return float(value) * (1000 if unit == "s" else 1)

    def visit(self, route, way):
        self.open(route, f"document.querySelector('.goods') && document.querySelector('.way.{way}')")
        self.page.wait("document.querySelector('.ranked li')", "a first list")
        before = self.shown_list()
        times = [self.click_goods(number % 12, ["click", "like", "cart", "purchase"][number % 4]) for number in range(CLICKS)]
        self.assertNotEqual(self.shown_list(), before, "the list did not follow")
        self.assertGreater(self.page.evaluate("document.querySelectorAll('.ranked .why').length"), 0, "no reasons")
        self.assert_no_errors()
        times.sort()
        print(f"{way}: {CLICKS} clicks, click to list in the browser p50 {times[CLICKS // 2]:.1f} ms, p95 {times[int(CLICKS * 0.95)]:.1f} ms")

    def shown_list(self):
        return self.page.evaluate("[...document.querySelectorAll('.ranked li')].map((row) => row.dataset.item)")

    def test_a_visitor_sees_the_list_follow_each_click(self):
        self.visit("shop", "watch")
        self.page.wait("document.querySelector('.move')", "what moved")
        self.shoot("shop-after-clicks")

    def test_an_anonymous_visitor_sees_it_too_and_nothing_is_kept(self):
        self.open("shop", "document.querySelector('.goods')")
        self.page.evaluate("document.getElementById('shop-anonymous').click()")
        visitor = self.page.evaluate("document.getElementById('shop-user').value")
        self.page.wait("document.querySelector('.way.session')", "the anonymous way")
        before = self.shown_list()
        self.click_goods(3, "click")
        self.click_goods(5, "purchase")
        self.assertNotEqual(self.shown_list(), before)
        self.assertEqual(ask(f"{demo.address}v1/users/{quote(visitor)}")[0], 404, "the visitor was stored")

    def test_the_search_and_the_categories_narrow_the_catalogue(self):
        self.open("shop", "document.querySelector('.goods')")
        total = "parseInt(document.querySelector('.page-shop .card [role=status]').innerText.replace(',', ''))"
        everything = self.page.evaluate(total)
        self.page.evaluate("document.querySelectorAll('.chips button')[1].click()")
        self.page.wait(f"{total} < {everything}", "a category with fewer items")
        of_category = self.page.evaluate(total)
        self.page.evaluate("""(() => {
          const search = document.getElementById('shop-search');
          search.value = document.querySelector('.goods a').innerText;
          search.dispatchEvent(new Event('input'));
        })()""")
        self.page.wait(f"{total} < {of_category}", "words with fewer items")

    def test_a_user_is_explained(self):
        self.open(f"user/{quote(user, safe='')}", "document.querySelector('.ranked li')")
        self.ask_why()
        self.page.evaluate("[...document.querySelectorAll('.chip-button')].find((each) => each.innerText.includes('repeat')).click()")
        self.page.wait("document.querySelector('.page-user .card [role=status]').innerText.startsWith('Without repeat:')", "the list without an expert")
        self.assertEqual(self.page.evaluate("[...document.querySelectorAll('.chip-button')].filter((each) => each.innerText.includes('rule')).length"), 0)
        self.shoot("user-explained")
        self.assert_no_errors()

    def ask_why(self):
        self.page.evaluate(f"""(() => {{
          document.getElementById('why-item').value = {items[0]['item_id']!r};
          document.getElementById('why-item').form.requestSubmit();
        }})()""")
        self.page.wait("document.querySelector('.verdict') && document.querySelector('tbody tr .bar')", "the explanation with every expert")

    def test_the_model_is_changed_only_after_a_yes(self):
        frozen = lambda: ask(demo.address + "v1/model")[1]["frozen"]
        self.open("model", "document.querySelector('.buttons button')")
        button = "[...document.querySelectorAll('main .buttons button')].find((each) => /Freeze|Learn/.test(each.innerText))"

        def answer(verb):  # Of the dialog that is open: one that was closed may still be there.
            self.page.evaluate(f"{button}.click()")
            self.page.wait("document.querySelector('dialog[open]')", "the question")
            self.page.evaluate(f"[...document.querySelectorAll('dialog[open] button')].find((each) => /{verb}/.test(each.innerText)).click()")
            self.page.wait("!document.querySelector('dialog')", "the end of the question")

        answer("Cancel")
        self.assertFalse(frozen())
        answer("Freeze")
        self.page.wait(f"{button}.innerText === 'Learn again'", "the model is frozen")
        self.assertTrue(frozen())
        answer("Learn again")
        self.page.wait(f"{button}.innerText === 'Freeze'", "the model learns again")
        self.assertFalse(frozen())
        self.assert_no_errors()

    def test_what_data_says_is_never_markup(self):
        kcat = shutil.which("kcat")
        if not kcat:
            self.skipTest("no kcat here: run docker/install-packages.sh test")
        demo.publish_item({"item_id": "p-hostile", "title": HOSTILE, "category": ["<i>Traps</i>"], "price": 9.5}, kcat)
        ask(demo.address + "v1/events", {"event_id": "e-hostile", "type": "click", "user_id": HOSTILE, "item_id": "p-hostile"})
        self.open("live")
        self.page.evaluate("""(async () => { while (!(await fetch('v1/items/p-hostile')).ok); })()""")
        for route in ["item/p-hostile", f"shop/{quote(HOSTILE, safe='')}", f"user/{quote(HOSTILE, safe='')}"]:
            self.open(route)
            if route.startswith("shop"):
                self.find_hostile()
            self.page.wait("document.body.innerText.includes('<b>Kettle</b>')", f"{route} shows the text as it is")
            self.assertEqual(self.page.evaluate("document.querySelectorAll('main img, main b b, main i i').length"), 0)
            self.assertFalse(self.page.evaluate("'hacked' in window"))

    def find_hostile(self):
        self.page.evaluate("""(() => {
          const search = document.getElementById('shop-search');
          search.value = 'p-hostile';
          search.dispatchEvent(new Event('input'));
        })()""")
        self.page.wait("document.querySelectorAll('.goods').length === 1", "the hostile item is found")
        self.click_goods(0, "purchase")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--freshet", required=True)
    parser.add_argument("--screenshots", default="")
    _, rest = parser.parse_known_args(namespace=options)
    if not find_chromium():
        print("skipped: no Chromium here (apt-get install chromium)")
        sys.exit(SKIPPED)
    if options.screenshots:
        os.makedirs(options.screenshots, exist_ok=True)
    unittest.main(argv=[sys.argv[0], "-v", *rest])


if __name__ == "__main__":
    main()
