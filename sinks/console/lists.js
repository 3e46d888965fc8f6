/* Ranked lists: rows with reasons, and what moved since the list before. */

import { make } from './dom.js';
import { decimals, percent, words } from './format.js';
import { sourceColour } from './plots.js';

const MOVE_MS = 350;
const calm = matchMedia('(prefers-reduced-motion: reduce)');

export const itemLink = (item) =>
  make('a', { class: 'item-link', href: `#/item/${encodeURIComponent(item.item_id)}` }, item.title || item.item_id);

export const idOf = (item) => (item.title && item.title !== item.item_id ? make('span', { class: 'id' }, item.item_id) : null);

/** What brought an item here, strongest first, each with its source's colour. */
export function reasonsOf(reasons) {
  return make('div', { class: 'why' }, (reasons || []).map((reason) => {
    const mark = make('i', { class: 'mark', 'aria-hidden': 'true' });
    mark.style.background = sourceColour(reason.source);
    const share = 'share' in reason ? `, ${percent(reason.share)} of its probability` : '';
    return make('span', { title: `${words(reason.source)}${share}` }, mark, reason.text || words(reason.source));
  }));
}

function rowOf(item, place, moved, actions) {
  return make('li', {}, make('span', { class: 'place' }, String(place)),
    make('div', { class: 'what' }, itemLink(item), idOf(item), moved,
      item.propensity ? make('span', { class: 'chip', title: `Drawn with probability ${decimals(item.propensity)}` }, 'exploration') : null),
    reasonsOf(item.reasons), actions);
}

export const rowsOf = (items) => items.map((item, at) => rowOf(item, at + 1, null, null));

function moveOf(before, now) {
  if (before === undefined) return make('span', { class: 'move new' }, 'new');
  if (before === now) return null;
  const up = before > now;
  return make('span', { class: `move ${up ? 'up' : 'down'}`, title: `Was ${before + 1}` },
    make('span', { 'aria-hidden': 'true' }, up ? '▲' : '▼'), make('span', { class: 'visually-hidden' }, up ? 'up ' : 'down '),
    String(Math.abs(before - now)));
}

/** What differs between two lists of items, in words. */
export function changeOf(before, after) {
  const places = new Map(before.map((item, at) => [item.item_id, at]));
  const stayed = after.filter((item) => places.has(item.item_id));
  const [fresh, left] = [after.length - stayed.length, before.length - stayed.length];
  const moved = stayed.filter((item) => places.get(item.item_id) !== after.indexOf(item)).length;
  const parts = [[fresh, 'new'], [moved, 'moved'], [left, 'gone']].filter(([items]) => items > 0);
  return parts.length ? parts.map(([items, name]) => `${items} ${name}`).join(', ') : 'nothing moved';
}

/** A list that shows what moved against the list before, or against a list that it is compared with. */
export class ListView {
  /** `actionsOf(item)`, where given, makes what stands at the end of each row. */
  constructor(actionsOf) {
    this.actionsOf = actionsOf;
    this.items = null;
    this.element = make('ol', { class: 'items ranked' });
  }

  /** Shows `items`; without `before` they are compared with those shown now. Returns what changed, in words. */
  show(items, before = this.items) {
    const from = new Map([...this.element.children].map((row) => [row.dataset.item, row.getBoundingClientRect().top]));
    const focused = this.element.contains(document.activeElement) ? document.activeElement : null;
    const focus = focused && [focused.closest('li').dataset.item, focused.dataset.action || ''];
    const places = new Map((before || []).map((item, at) => [item.item_id, at]));
    this.element.replaceChildren(...items.map((item, at) => {
      const row = rowOf(item, at + 1, before ? moveOf(places.get(item.item_id), at) : null, this.actionsOf && this.actionsOf(item));
      row.dataset.item = item.item_id;
      return row;
    }));
    const change = before ? changeOf(before, items) : '';
    this.items = items;
    this.restoreFocus(focus);
    if (from.size && !calm.matches) this.animate(from);
    return change;
  }

  /** The keyboard's focus follows its item to the item's new place. */
  restoreFocus(focus) {
    if (!focus) return;
    const row = [...this.element.children].find((each) => each.dataset.item === focus[0]) || this.element.firstElementChild;
    const target = row && ([...row.querySelectorAll('button')].find((button) => button.dataset.action === focus[1]) || row.querySelector('a'));
    if (target) target.focus({ preventScroll: true });
  }

  animate(from) {
    for (const row of this.element.children) {
      const before = from.get(row.dataset.item);
      const frames = before === undefined ? [{ opacity: 0 }, { opacity: 1 }]
        : [{ transform: `translateY(${before - row.getBoundingClientRect().top}px)` }, { transform: 'none' }];
      row.animate(frames, { duration: MOVE_MS, easing: 'ease-out' });
    }
  }
}
