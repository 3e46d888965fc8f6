/* Item: what is known of it, and what goes with it. */

import { api } from './api.js';
import { absence, barOf, card, facts, make, note } from './dom.js';
import { ago, count, decimals, known, percent, price } from './format.js';
import { itemLink, rowsOf } from './lists.js';
import { idForm } from './page-user.js';

const COUNT = 10;
const WARM_TIMES = 50;   // A bar is full when an item was a target so often.

const none = (text) => note(text);

/** A card that is filled when `question` is answered. */
function asked(title, about, question, show) {
  const place = make('div', {}, note('Asking…'));
  question.then((answer) => place.replaceChildren(...[].concat(show(answer))),
    (problem) => place.replaceChildren(absence('Not shown', problem)));
  return card(title, about ? note(about) : null, place);
}

function trendText(trend) {
  if (!known(trend)) return '–';
  if (trend > 1.1) return `▲ ${trend.toFixed(2)}× the usual`;
  return trend < 0.9 ? `▼ ${trend.toFixed(2)}× the usual` : 'as usual';
}

function factsOf(item) {
  const seen = item.seen_times;
  return facts([
    ['Id', item.item_id], ['Title', item.title || '–'], ['Category', (item.category || '–').replaceAll('/', ' › ')],
    ['Brand', item.brand || '–'], ['Price', price(item.price)], ['Tags', (item.tags || []).join(', ') || '–'],
    ['Available', item.available === false ? 'no' : 'yes'],
    ['Popularity rank', known(item.popularity_rank) ? count(item.popularity_rank) : 'not among the popular'],
    ['Share of newest actions', percent(item.share)], ['Trend', trendText(item.trend)],
    ['Warm-up', known(seen) ? [barOf(seen / WARM_TIMES), `${count(seen)} times a target`] : '–'],
    ['Updated', known(item.updated_time) ? ago(item.updated_time) : '–'],
  ]);
}

const rankedOf = (empty) => (answer) =>
  (answer.items.length ? make('ol', { class: 'items' }, rowsOf(answer.items)) : none(empty));

function bundleOf(bundle) {
  if (!bundle.items.length) return none('No item that may be recommended stood in a basket with it more often than by chance so far. '
    + 'A basket is what a visitor puts into the cart or buys in one session.');
  const head = [['Item', ''], ['Price', 'number'], ['Lift', 'number'], ['Confidence', 'number wide'], ['Support', 'number wide']];
  return make('div', { class: 'table' }, make('table', {},
    make('thead', {}, make('tr', {}, head.map(([name, kind]) => make('th', { scope: 'col', class: kind }, name)))),
    make('tbody', {}, bundle.items.map((item) => make('tr', {}, make('th', { scope: 'row' }, itemLink(item)),
      make('td', { class: 'number' }, price(item.price)), make('td', { class: 'number' }, decimals(item.lift)),
      make('td', { class: 'number wide' }, percent(item.confidence)), make('td', { class: 'number wide' }, count(item.support)))))),
  known(bundle.price) ? note(`Together ${price(bundle.price)}`) : null);
}

const pageOf = (empty, about) => ({ items }) => (items.length
  ? make('ul', { class: 'plain-list' }, items.map((item) => make('li', {}, itemLink(item), make('span', { class: 'when' }, about(item)))))
  : none(empty));

export function openItem(root, item) {
  root.append(make('h1', { class: 'visually-hidden' }, 'Item'), idForm('item', 'Item id', item));
  if (!item) {
    root.append(make('div', { class: 'halves' },
      asked('Trending', 'What many are at now, against what is usual.', api.trending(COUNT),
        pageOf('Nothing stands out.', (each) => (known(each.trend) ? `▲ ${each.trend.toFixed(2)}×` : ''))),
      asked('New', 'Items that came last.', api.newest(COUNT), pageOf('No item came yet.', (each) => (known(each.updated_time) ? ago(each.updated_time) : '')))));
    return () => {};
  }
  root.append(make('div', { class: 'halves' },
    asked('Facts', '', api.item(item), factsOf),
    asked('Completes the basket', 'Bought with it more often than by chance (lift above 1).', api.bundle([item], 5), bundleOf),
    asked('Related', 'What people who had it went on to.', api.related(item, COUNT), rankedOf('Nothing yet.')),
    asked('Similar', 'Like it by its content.', api.similar(item, COUNT), rankedOf('Nothing is like it.'))));
  return () => {};
}
