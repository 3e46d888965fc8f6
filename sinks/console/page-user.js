/* User: what is known, the list with its reasons, why an item is not in it, and what each expert does for it. */

import { api } from './api.js';
import { absence, barOf, card, facts, make, note } from './dom.js';
import { ago, clockTime, count, dateTime, decimals, percent, words } from './format.js';
import { ListView, itemLink, reasonsOf } from './lists.js';
import { EXPERTS, sourceColour } from './plots.js';
import { watchStatus } from './status.js';

const LIST_SIZE = 20;
const VERDICTS = {
  in_list: 'It is in the list', ranked_below: 'It ranked below the list', not_a_candidate: 'No expert named it',
  filtered: 'A filter took it out', unknown_item: 'No such item is known',
};

/** A form that asks for an id and goes to its page. */
export function idForm(page, label, value) {
  const input = make('input', { id: `${page}-id`, autocomplete: 'off', spellcheck: 'false', required: true, value });
  return make('form', { class: 'card visitor', submit: (event) => {
    event.preventDefault();
    location.hash = `#/${page}/${encodeURIComponent(input.value.trim())}`;
  } }, make('div', { class: 'field' }, make('label', { for: `${page}-id` }, label), input), make('button', { type: 'submit' }, 'Show'));
}

function eventOf(event, later) {
  const title = event.item_id ? itemLink(event) : make('span', { class: 'empty' }, 'an item that left the catalogue');
  const row = make('li', { class: event.session_start ? 'session' : '' },
    make('span', { class: `chip action-${event.action}` }, words(event.action)), make('div', { class: 'what' }, title),
    make('span', { class: 'when', title: dateTime(event.event_time) }, later));
  return row;
}

function historyCard(user) {
  const events = (user.history || []).map((event) => eventOf(event, ago(event.event_time)));
  return card('History', note('Newest first; a line begins where a session did.'),
    events.length ? make('ol', { class: 'timeline' }, events) : note('Nothing yet.'));
}

function knownCard(user) {
  const counts = Object.entries(user.action_counts || {}).filter(([, number]) => number > 0);
  const yes = (value) => (value ? 'yes' : 'no');
  const rows = [
    ['Sessions', count(user.session_count)], ...counts.map(([action, number]) => [words(action), count(number)]),
    ...Object.entries(user.context || {}).map(([key, value]) => [key, value]),
    ['Personalised', yes(user.personalise !== false)], ['Learned from', yes(user.learn !== false)],
    ['Taken for a bot', yes(user.bot)], ['Position', user.offset === undefined ? '–' : `${user.partition}:${user.offset}`],
  ];
  const bought = (user.bought || []).map((item) => make('li', {}, item.item_id ? itemLink(item) : 'an item that left the catalogue',
    make('span', { class: 'when' }, `${item.count > 1 ? `${item.count}×, ` : ''}${ago(item.last_time)}`)));
  const disliked = (user.disliked || []).map((item) => make('li', {}, itemLink({ item_id: item })));
  return card('What is known', facts(rows), bought.length ? make('h3', {}, 'Bought') : null, make('ul', { class: 'plain-list' }, bought),
    disliked.length ? make('h3', {}, 'Disliked') : null, make('ul', { class: 'plain-list' }, disliked));
}

/** The list as served, and how it would be without one of the experts. */
class Ablation {
  constructor(user) {
    this.user = user;
    this.served = null;
    this.refused = new Set();   // What this Freshet cannot leave out.
    this.view = new ListView(null);
    this.about = make('p', { class: 'note', role: 'status' }, 'Asking…');
    this.choice = make('div', { class: 'chips', role: 'group', 'aria-label': 'Leave an expert out' });
    this.element = card('List now', make('p', { class: 'note' }, 'Leave an expert out to see what it does for this list:'),
      this.choice, this.about, this.view.element);
    this.show('');
  }

  showChoice(without) {
    const button = (source, name) => {
      const mark = make('i', { class: 'mark', 'aria-hidden': 'true' });
      if (source) mark.style.background = sourceColour(source);
      return make('button', { type: 'button', class: 'chip-button', 'aria-pressed': String(source === without),
        click: () => this.show(source) }, source ? mark : null, name);
    };
    const focused = this.choice.contains(document.activeElement) ? [...this.choice.children].indexOf(document.activeElement) : -1;
    this.choice.replaceChildren(button('', 'as served'), ...EXPERTS.filter((source) => !this.refused.has(source)).map((source) => button(source, `without ${source}`)));
    if (focused >= 0) this.choice.children[focused].focus();
  }

  async show(without) {
    const asked = this.without = without;
    this.showChoice(without);
    try {
      const list = await api.recommend(this.user, { count: LIST_SIZE, without });
      if (asked !== this.without) return;
      if (!without) this.served = list.items;
      const change = this.view.show(list.items, without && this.served ? this.served : null);
      const fallback = list.fallback === 'none' ? '' : ` · fallback: ${words(list.fallback)}`;
      this.about.textContent = without ? `Without ${without}: ${change}` : `${list.items.length} items · model ${count(list.model_version)}${fallback}`;
    } catch (problem) {
      if (asked !== this.without) return;
      this.about.textContent = problem.message;
      if (problem.status === 400) this.refused.add(without);
      this.showChoice('');
    }
  }
}

function expertRow(expert) {
  const rank = expert.rank === null || expert.rank === undefined ? 'not named' : `rank ${expert.rank}`;
  return make('tr', {}, make('th', { scope: 'row' }, expert.source), make('td', { class: 'rank' }, rank),
    make('td', { class: 'number' }, expert.probability > 0 ? expert.probability.toPrecision(3) : '0'),
    make('td', { class: 'bar-cell' }, barOf(expert.share, sourceColour(expert.source)), percent(expert.share)));
}

function explanationOf(answer) {
  const verdict = VERDICTS[answer.verdict] || words(answer.verdict);
  const scored = answer.score !== null && answer.score !== undefined;
  return [
    make('p', { class: `verdict ${answer.verdict}` }, make('b', {}, verdict), answer.filter ? `: ${words(answer.filter)}` : ''),
    answer.sentence ? make('p', {}, answer.sentence) : null,
    facts([['Item', [answer.title || answer.item_id]], ['Rank among candidates', answer.rank ? `${answer.rank}` : 'none'],
      ['Score', scored ? decimals(answer.score) : '–'], ['Score needed', decimals(answer.score_needed)]]),
    (answer.reasons || []).length ? reasonsOf(answer.reasons) : null,
    (answer.experts || []).length ? make('div', { class: 'table' }, make('table', {}, make('caption', {}, 'What each expert says'),
      make('thead', {}, make('tr', {}, ['Expert', 'Rank', 'Probability', 'Share'].map((name) => make('th', { scope: 'col' }, name)))),
      make('tbody', {}, answer.experts.map(expertRow)))) : null,
  ].filter(Boolean);
}

function whyNotCard(user) {
  const input = make('input', { id: 'why-item', autocomplete: 'off', spellcheck: 'false', required: true, placeholder: 'Item id' });
  const answer = make('div', { class: 'answer', 'aria-live': 'polite' });
  const form = make('form', { class: 'visitor', submit: async (event) => {
    event.preventDefault();
    try {
      answer.replaceChildren(...explanationOf(await api.explain(user, input.value.trim())));
    } catch (problem) {
      answer.replaceChildren(absence('No explanation', problem));
    }
  } }, make('div', { class: 'field' }, make('label', { for: 'why-item' }, 'Item'), input), make('button', { type: 'submit' }, 'Why, or why not?'));
  return card('Why is an item in the list, or not?', form, answer);
}

/** Users of the newest lists, to begin with. */
function usersCard() {
  const list = make('ul', { class: 'plain-list' });
  const unwatch = watchStatus((status) => {
    if (!status || list.contains(document.activeElement)) return;
    const newest = [...new Map((status.newest_lists || []).map((each) => [each.user_id, each])).values()];
    list.replaceChildren(...newest.map((each) => make('li', {},
      make('a', { href: `#/user/${encodeURIComponent(each.user_id)}` }, each.user_id), make('span', { class: 'when' }, clockTime(each.published_time)))));
  });
  return [card('Users who just got a list', list), unwatch];
}

export function openUser(root, user) {
  root.append(make('h1', { class: 'visually-hidden' }, 'User'), idForm('user', 'User id', user));
  if (!user) {
    const [element, unwatch] = usersCard();
    root.append(element);
    return unwatch;
  }
  const known = make('div', { class: 'stack' }, card('What is known', note('Asking…')));
  root.append(make('p', { class: 'links' }, make('a', { href: `#/shop/${encodeURIComponent(user)}` }, 'Walk through the shop as this user')),
    make('div', { class: 'columns' }, new Ablation(user).element, make('div', { class: 'stack' }, whyNotCard(user), known)));
  api.user(user).then((state) => known.replaceChildren(knownCard(state), historyCard(state)),
    (problem) => known.replaceChildren(card('What is known', absence('Nothing can be shown', problem))));
  return () => {};
}
