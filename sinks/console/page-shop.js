/* Shop: walk through the catalogue as a visitor and watch their list follow. */

import { api } from './api.js';
import { absence, card, debounced, draw, make } from './dom.js';
import { count, milliseconds, price, quantile, words } from './format.js';
import { ListView, itemLink } from './lists.js';
import { Visitor, randomId } from './visitor.js';

const PAGE_SIZE = 24;
const CLICKS_SHOWN = 5;
const CLICKS_KEPT = 200;
const TREND_SHOWN = 1.5;

/* The event's type, the button's text, and what it did. */
const ACTIONS = [['click', 'View', 'viewed'], ['like', 'Like', 'liked'], ['cart', 'Cart', 'put in the cart'], ['purchase', 'Buy', 'bought']];

const WAYS = {
  watch: ['live', 'Live: each list comes by server-sent events'],
  ask: ['asked', 'The stream of lists is not open; the list is asked for after each click'],
  session: ['anonymous', 'Anonymous: this page\'s clicks go with each question; nothing is stored, nothing is learned'],
};

/** The same hue for everything in a category, so that neighbours are seen as such. */
function hueOf(text) {
  let hash = 7;
  for (const char of text) hash = (hash * 31 + char.codePointAt(0)) % 360;
  return hash;
}

function tileOf(item) {
  const path = (item.category || '').split('/');
  const tile = make('span', { class: 'monogram', 'aria-hidden': 'true' },
    (path[path.length - 1] || item.title || item.item_id).slice(0, 2).toUpperCase());
  tile.style.setProperty('--hue', hueOf(item.category || item.item_id));
  return tile;
}

function actionsOf(item, act) {
  return make('div', { class: 'actions', role: 'group', 'aria-label': item.title || item.item_id }, ACTIONS.map(([action, title]) =>
    make('button', { type: 'button', class: 'small', 'data-action': action, click: () => act(item, action) }, title)));
}

function goodsOf(item, act) {
  const trend = item.trend > TREND_SHOWN ? make('span', { class: 'chip good' }, `▲ ${item.trend.toFixed(1)}× usual`) : null;
  const gone = item.available === false ? make('span', { class: 'chip bad' }, 'not available') : null;
  const about = [item.category ? item.category.replaceAll('/', ' › ') : null, item.price ? price(item.price) : null].filter(Boolean).join(' · ');
  return make('li', { class: 'goods' }, tileOf(item),
    make('div', { class: 'goods-text' }, itemLink(item), make('div', { class: 'about' }, about), trend, gone), actionsOf(item, act));
}

/** Search, categories and pages of the catalogue. */
class Catalogue {
  constructor(act) {
    Object.assign(this, { act, query: '', category: '', shown: 0, asked: 0 });
    this.search = make('input', { type: 'search', id: 'shop-search', autocomplete: 'off', placeholder: 'Words of the title, or an id',
      input: debounced(() => this.find(this.search.value.trim(), this.category), 200) });
    this.chips = make('div', { class: 'chips', role: 'group', 'aria-label': 'Categories' });
    this.goods = make('ul', { class: 'goods-list' });
    this.total = make('p', { class: 'note', role: 'status' });
    this.more = make('button', { type: 'button', class: 'plain', hidden: true, click: () => this.page() }, 'Show more');
    this.element = card('Catalogue', make('div', { class: 'field' }, make('label', { for: 'shop-search' }, 'Search'), this.search),
      this.chips, this.total, this.goods, this.more);
    this.find('', '');
  }

  find(query, category) {
    Object.assign(this, { query, category, shown: 0 });
    return this.page();
  }

  async page() {
    const asked = ++this.asked;
    const from = this.shown;
    try {
      const found = await api.items({ query: this.query, category: this.category, from: from || null, count: PAGE_SIZE });
      if (asked !== this.asked) return;
      const goods = found.items.map((item) => goodsOf(item, this.act));
      if (from) this.goods.append(...goods);
      else this.goods.replaceChildren(...goods);
      this.shown = from + found.items.length;
      this.more.hidden = this.shown >= found.total || !found.items.length;
      this.total.textContent = found.total ? `${count(found.total)} item${found.total === 1 ? '' : 's'}` : 'Nothing fits that.';
      this.showCategories(found.categories || []);
    } catch (problem) {
      if (asked !== this.asked) return;
      if (problem.unrouted) this.element.replaceChildren(make('h2', {}, 'Catalogue'), absence('The catalogue cannot be browsed', problem));
      else this.total.textContent = problem.message;
    }
  }

  chip(name, category, pressed) {
    return make('button', { type: 'button', class: 'chip-button', 'aria-pressed': String(pressed),
      click: () => this.find(this.query, category) }, name);
  }

  showCategories(below) {
    const parts = this.category ? this.category.split('/') : [];
    const path = parts.map((part, at) => this.chip(part, parts.slice(0, at + 1).join('/'), true));
    const chips = below.map((name) => {
      const full = this.category && !name.startsWith(`${this.category}/`) ? `${this.category}/${name}` : name;
      return this.chip(full.split('/').pop(), full, false);
    });
    this.chips.replaceChildren(this.chip('All', '', !parts.length), ...path, ...chips);
  }
}

/** The visitor's list, how it is carried, and how long each click took to change it. */
class Follower {
  constructor(act) {
    this.view = new ListView((item) => actionsOf(item, act));
    this.times = [];
    this.way = make('span', { class: 'chip way' }, 'connecting');
    this.explanation = make('p', { class: 'note' });
    this.newest = make('b', {}, '–');
    this.middle = make('b', {}, '–');
    this.slow = make('b', {}, '–');
    this.spark = draw('svg', { class: 'spark', viewBox: '0 0 120 28', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    this.clicks = make('ol', { class: 'clicks' }, make('li', { class: 'empty' }, 'View, like or buy something: the list follows.'));
    this.change = make('p', { class: 'change', role: 'status' });
    this.facts = make('p', { class: 'note' });
    this.title = make('h2', {}, 'Your list');
    this.element = make('section', { class: 'card follower', 'aria-label': 'Your list', id: 'your-list' },
      make('div', { class: 'list-head' }, this.title, this.way), this.explanation,
      make('div', { class: 'timing' },
        make('div', {}, make('span', {}, 'last click → list'), this.newest),
        make('div', {}, make('span', {}, 'p50'), this.middle),
        make('div', {}, make('span', {}, 'p95'), this.slow), this.spark),
      this.change, this.clicks, make('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Items' }, this.view.element), this.facts);
  }

  showWay(way, problem) {
    const [name, text] = WAYS[way];
    this.way.textContent = name;
    this.way.className = `chip way ${way}`;
    this.explanation.textContent = problem ? `${text} (${problem.message}).` : way === 'watch' ? '' : `${text}.`;
    this.explanation.hidden = !this.explanation.textContent;
  }

  showList(list) {
    const change = this.view.show(list.items);
    this.changed = change || 'list up to date';
    if (change) this.change.textContent = `List changed: ${change}`;
    this.facts.textContent = [`model ${count(list.model_version)}`,
      list.offset === undefined ? null : `position ${list.partition}:${list.offset}`,
      list.fallback === 'none' ? null : `fallback: ${words(list.fallback)}`].filter(Boolean).join(' · ');
  }

  /** A row for a click; returns what fills in how long it took, or why no list came. */
  begin(item, did) {
    const time = make('b', {}, '…');
    const row = make('li', {}, make('span', {}, `${did} `, item.title || item.item_id), time);
    if (this.clicks.firstElementChild.className === 'empty') this.clicks.replaceChildren();
    this.clicks.prepend(row);
    while (this.clicks.childElementCount > CLICKS_SHOWN) this.clicks.lastElementChild.remove();
    return (ms, problem) => {
      time.textContent = problem ? problem.message : milliseconds(ms);
      row.classList.toggle('failed', Boolean(problem));
      if (!problem) this.showTime(ms);
    };
  }

  showTime(ms) {
    this.times.push(ms);
    this.times.splice(0, this.times.length - CLICKS_KEPT);
    this.newest.textContent = milliseconds(ms);
    this.middle.textContent = milliseconds(quantile(this.times, 0.5));
    this.slow.textContent = milliseconds(quantile(this.times, 0.95));
    const shown = this.times.slice(-30);
    const most = Math.max(...shown);
    this.spark.replaceChildren(...shown.map((time, at) => {
      const height = Math.max(2, 26 * (time / most));
      return draw('rect', { x: 120 - 4 * (shown.length - at), y: 28 - height, width: 3, height });
    }));
  }
}

/** On a phone the list stands above the catalogue: this line at the bottom says what a click did to it. */
function stripOf(follower) {
  const text = make('span', { 'aria-hidden': 'true' }, 'Your list follows what you do');
  const strip = make('div', { class: 'strip' }, text, make('button', { type: 'button', class: 'small',
    click: () => follower.element.scrollIntoView({ block: 'start' }) }, 'Show list'));
  return [strip, (words) => {
    text.textContent = words;
  }];
}

export function openShop(root, subject) {
  if (!subject) {
    history.replaceState(null, '', `#/shop/${randomId('visitor-')}`);
    subject = decodeURIComponent(location.hash.slice('#/shop/'.length));
  }
  let anonymous = false;
  let visitor = null;
  const follower = new Follower(act);
  const [strip, say] = stripOf(follower);

  async function act(item, action) {
    const done = follower.begin(item, ACTIONS.find(([name]) => name === action)[2]);
    try {
      const ms = await visitor.act(item, action);
      done(ms, null);
      say(`${milliseconds(ms)} · ${follower.changed}`);
    } catch (problem) {
      done(null, problem);
      say(problem.message);
    }
  }

  function follow() {
    if (visitor) visitor.close();
    follower.view.items = null;
    visitor = new Visitor(subject, anonymous, {
      onList: (list) => follower.showList(list), onWay: (way, problem) => follower.showWay(way, problem) });
  }

  const input = make('input', { id: 'shop-user', autocomplete: 'off', spellcheck: 'false', required: true, value: subject });
  const hidden = make('input', { type: 'checkbox', id: 'shop-anonymous', change: (event) => {
    anonymous = event.target.checked;
    follow();
  } });
  const form = make('form', { class: 'card visitor', submit: (event) => {
    event.preventDefault();
    location.hash = `#/shop/${encodeURIComponent(input.value.trim())}`;
  } }, make('div', { class: 'field' }, make('label', { for: 'shop-user' }, 'You are'), input),
  make('button', { type: 'submit' }, 'Go in'),
  make('button', { type: 'button', class: 'plain', click: () => {
    location.hash = `#/shop/${randomId('visitor-')}`;
  } }, 'New visitor'),
  make('label', { class: 'check', for: 'shop-anonymous' }, hidden, 'Anonymous'),
  make('a', { href: `#/user/${encodeURIComponent(subject)}` }, 'What is known of them'));

  root.append(make('h1', { class: 'visually-hidden' }, 'Shop'), form,
    make('div', { class: 'shop' }, new Catalogue(act).element, follower.element), strip);
  follow();
  return () => visitor.close();
}
