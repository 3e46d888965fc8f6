/* The console's frame: pages by the address after #, the theme, and the connection. */

import { byId, make } from './dom.js';
import { span } from './format.js';
import { watchStatus } from './status.js';
import { openItem } from './page-item.js';
import { openLive } from './page-live.js';
import { openModel } from './page-model.js';
import { openShop } from './page-shop.js';
import { openUser } from './page-user.js';

/* A page's function fills the element it is given for the subject it is given, and returns what closes it. */
const PAGES = [
  ['shop', 'Shop', openShop], ['live', 'Live', openLive], ['user', 'User', openUser],
  ['item', 'Item', openItem], ['model', 'Model', openModel],
];
const THEMES = [['', 'System', '◐'], ['light', 'Light', '☀'], ['dark', 'Dark', '☾']];

let close = () => {};
const links = new Map(PAGES.map(([name, title]) => [name, make('a', { href: `#/${name}` }, title)]));
byId('nav').append(...links.values());

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function showPage() {
  const [, asked, ...rest] = location.hash.split('/');
  const [name, title, open] = PAGES.find((page) => page[0] === asked) || PAGES[1];
  for (const [other, link] of links) {
    if (other === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  close();
  const subject = decoded(rest.join('/'));
  document.title = subject ? `${subject} · ${title} · Freshet` : `${title} · Freshet`;
  const root = make('div', { class: `page page-${name}` });
  byId('main').replaceChildren(root);
  close = open(root, subject) || (() => {});
  scrollTo(0, 0);
}

function showTheme() {
  const chosen = document.documentElement.dataset.theme || '';
  const [, title, sign] = THEMES.find((theme) => theme[0] === chosen) || THEMES[0];
  byId('theme').textContent = sign;
  byId('theme').setAttribute('aria-label', `Colours: ${title}. Change`);
  byId('theme').title = `Colours: ${title}`;
}

function nextTheme() {
  const chosen = document.documentElement.dataset.theme || '';
  const at = THEMES.findIndex((theme) => theme[0] === chosen);
  const [next] = THEMES[(at + 1) % THEMES.length];
  if (next) document.documentElement.dataset.theme = next;
  else delete document.documentElement.dataset.theme;
  try {
    localStorage.setItem('theme', next);
  } catch {
    // It holds until the page is closed.
  }
  showTheme();
  document.dispatchEvent(new Event('themechange'));
}

function showConnection(status, problem) {
  byId('connection').className = `connection ${status ? 'live' : 'lost'}`;
  const text = status ? 'Live' : `${problem.message}; trying again`;
  if (byId('connection-text').textContent !== text) byId('connection-text').textContent = text;
  if (status) byId('meta').textContent = `Freshet ${status.version}, up ${span(status.uptime_ms)}`;
}

byId('theme').addEventListener('click', nextTheme);
byId('skip').addEventListener('click', (event) => {
  event.preventDefault();
  byId('main').focus();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => document.dispatchEvent(new Event('themechange')));
addEventListener('hashchange', showPage);
showTheme();
showPage();
watchStatus(showConnection);
