#!/usr/bin/env python3
"""Makes the pictures of docs/console.md: pictures.py build/dev/app/freshet docs

A visitor goes through the kitchen, and the item that is shown is one that they bought. The demo runs for the seconds before that WARM_S says, so that there is something to see.
"""

import os
import sys

from demo import Demo, ask
from devtools import Browser, find_chromium

WARM_S = 45
# Place in the catalogue, and what is done there.
CLICKS = [(0, "click"), (1, "click"), (0, "like"), (4, "click"), (0, "cart"), (1, "purchase")] * 3


def shop(page, address):
    page.open(address + "#/shop")
    page.wait("document.querySelector('.goods') && document.querySelector('.way.watch')", "the shop")
    page.evaluate("[...document.querySelectorAll('.chips button')].find((each) => each.innerText === 'kitchen').click()")
    page.wait("document.querySelector('.goods .about').innerText.startsWith('kitchen')", "the kitchen")
    for place, action in CLICKS:
        page.evaluate(f"document.querySelectorAll('.goods')[{place}].querySelector('[data-action={action}]').click()")
        page.wait("!document.querySelector('.clicks b').innerText.includes('…')", "a list")
    return page.evaluate("document.getElementById('shop-user').value")


def user(page, address, visitor):
    page.open(f"{address}#/user/{visitor}")
    page.wait("document.querySelectorAll('.ranked li').length > 6", "the list")
    item = page.evaluate("document.querySelectorAll('.ranked li')[6].dataset.item")
    page.evaluate(f"document.getElementById('why-item').value = '{item}', document.getElementById('why-item').form.requestSubmit()")
    page.wait("document.querySelector('tbody .bar')", "the explanation")
    page.evaluate("[...document.querySelectorAll('.chip-button')].find((each) => each.innerText.includes('content')).click()")
    page.wait("document.querySelector('.move')", "the list without content")


def model(page, address):
    page.open(address + "#/model")
    page.wait("document.querySelector('.buttons button')", "the model's buttons")
    for versions in [1, 2]:
        page.evaluate("[...document.querySelectorAll('main .buttons button')].find((each) => each.innerText === 'Save').click()")
        page.evaluate("document.querySelectorAll('dialog button')[1].click()")
        page.wait(f"document.querySelectorAll('tbody tr').length === {versions}", "the saved version")


def main(freshet, folder):
    with Demo(freshet) as demo, Browser(find_chromium()) as browser:
        page = browser.page()
        shoot = lambda name: page.screenshot(os.path.join(folder, f"console-{name}.png"))
        page.show_as(1200, 800, "light")
        page.open(demo.address)
        page.wait(f"performance.now() > {WARM_S * 1000}", "the demo is warm", WARM_S + 5)
        visitor = shop(page, demo.address)
        shoot("shop")
        user(page, demo.address, visitor)
        shoot("user")
        _, known = ask(f"{demo.address}v1/users/{visitor}")
        item = known["bought"][0]["item_id"]
        page.open(f"{demo.address}#/item/{item}")
        page.wait("document.querySelector('.facts') && !document.querySelector('main').innerText.includes('Asking…')", "the item")
        shoot("item")
        page.show_as(1200, 640, "light")
        model(page, demo.address)
        shoot("model")
        page.show_as(1200, 1000, "dark")
        page.open(demo.address + "#/live")
        page.wait("document.querySelectorAll('.plot canvas').length >= 8 && performance.now() > 6000", "the plots")
        shoot("live")


if __name__ == "__main__":
    main(*sys.argv[1:])
