/* Live: what flows, how fast, how good, and what was given up. */

import { api } from './api.js';
import { absence, barOf, card, facts, fill, make } from './dom.js';
import { bytes, clockTime, count, decimals, known, milliseconds, percent, short, words } from './format.js';
import { Figures } from './figures.js';
import { rowsOf } from './lists.js';
import { SOURCES, TimePlot, colourOf, sourceColour } from './plots.js';
import { watchStatus } from './status.js';

const SPANS = [[300, '5 min'], [1800, '30 min'], [7200, '2 h']];
const LETTERS_MS = 5000;
const line = (name, key, more) => ({ name, key, ...more });

function axisCount(value) {
  if (value >= 1e6) return `${+(value / 1e6).toFixed(2)}M`;
  return value >= 1e3 ? `${+(value / 1e3).toFixed(2)}k` : `${+value.toFixed(2)}`;
}

const perSource = (figures) => SOURCES.filter((source) => figures.columns.has(`weight_${source}`))
  .map((source) => line(source, `weight_${source}`, { colour: sourceColour(source) }));
const lag = (figures) => [line('all', 'lag_records'), ...figures.namesFrom('lag_records_')
  .sort((a, b) => a[1] - b[1]).map(([key, partition]) => line(`partition ${partition}`, key))];
const fallbacks = (figures) => [
  ...figures.namesFrom('fallbacks_').filter(([, name]) => name !== 'none').map(([key, name]) => line(words(name), key, { rate: true })),
  line('dead letters', 'dead_letters_total', { rate: true, dashed: true })];

/* Title, hint, lines (or what finds them), format of a value. */
const PLOTS = [
  { title: 'Events and lists per second', format: short, axis: axisCount,
    lines: [line('events', 'events_per_second'), line('lists', 'lists_per_second')] },
  { title: 'Lag', hint: 'records not yet processed', format: count, axis: axisCount, lines: lag },
  { title: 'Event → list', hint: 'event polled to its list acknowledged', format: milliseconds,
    lines: [line('p50', 'event_to_list_p50_ms'), line('p99', 'event_to_list_p99_ms')] },
  { title: 'Freshness', hint: 'event time to its list published, median', format: milliseconds, lines: [line('p50', 'freshness_p50_ms')] },
  { title: 'Hit rate @20', hint: 'lists as served, judged by the next event', format: percent,
    lines: [line('served', 'hit_rate_20'), line('popularity', 'hit_rate_20_popularity', { dashed: true })] },
  { title: 'MRR @20', hint: 'how high in the list the next event was', format: percent,
    lines: [line('served', 'mrr_20'), line('popularity', 'mrr_20_popularity', { dashed: true })] },
  { title: 'Mixture', hint: 'weight of each expert', format: percent, stack: true, top: 1, lines: perSource },
  { title: 'Loss of the model', hint: 'mean −log probability of what came next, nats', format: decimals, axis: axisCount, lines: [line('loss', 'loss')] },
  { title: 'Versions of the model', hint: 'made per second', format: (value) => `${value.toFixed(1)} /s`, axis: axisCount,
    lines: [line('versions', 'model_version', { rate: true })] },
  { title: 'Fallbacks and dead letters', hint: 'per second', format: (value) => `${value.toFixed(1)} /s`, axis: axisCount, lines: fallbacks },
];

/* Name, and value, note and whether the note is good news, from a status. */
const TILES = [
  ['Events', (status) => [`${short(status.events_per_second)} /s`, `${count(status.events_total)} in all`]],
  ['Lists', (status) => [`${short(status.lists_per_second)} /s`, `${count(status.lists_total)} in all`]],
  ['Lag', (status) => [`${count(status.lag.reduce((sum, { lag_records: records }) => sum + records, 0))} records`,
    `${status.lag.length} partition${status.lag.length === 1 ? '' : 's'}`]],
  ['Event → list p50', (status) => [milliseconds(status.event_to_list_p50_ms), 'half are faster']],
  ['Event → list p99', (status) => [milliseconds(status.event_to_list_p99_ms), 'one in 100 is slower']],
  ['Hit rate @20', ({ served, popularity }) => (known(served.hit_rate_20) && known(popularity.hit_rate_20)
    ? [percent(served.hit_rate_20), `popularity ${percent(popularity.hit_rate_20)}`, served.hit_rate_20 > popularity.hit_rate_20]
    : ['–', 'nothing judged yet'])],
  ['Model version', (status) => [count(status.model_version), known(status.model_age_ms) ? `${milliseconds(status.model_age_ms)} old` : '']],
];

class Tile {
  constructor([name, read]) {
    this.read = read;
    this.value = make('div', { class: 'value' }, '–');
    this.note = make('div', { class: 'note' }, '\u00a0');
    this.element = make('div', { class: 'card tile' }, make('div', { class: 'name' }, name), this.value, this.note);
  }

  show(status) {
    const [text, note, good] = this.read(status);
    const [value, unit] = text.split(/ (?=[^ ]+$)/);
    this.value.replaceChildren(value, unit ? make('span', { class: 'unit' }, unit) : '');
    this.note.textContent = note || '\u00a0';
    this.note.classList.toggle('good', Boolean(good));
  }
}

function insideOf(status) {
  const rows = [
    ['Learned', `${count(status.examples_per_second)} examples/s`],
    ['NDCG @20', `${percent(status.served.ndcg_20)}, popularity ${percent(status.popularity.ndcg_20)}`],
    ['Events that judged a list', count(status.judged_total)],
    ['Dead letters', count(status.dead_letters_total)],
    ['Memory', bytes(status.rss_bytes)],
    ...Object.entries(status.queue_fills).map(([name, ratio]) => [`Queue: ${words(name)}`, [barOf(ratio), percent(ratio)]]),
    ...Object.entries(status.fallbacks).filter(([name, lists]) => lists > 0 && name !== 'none')
      .map(([name, lists]) => [`Fallback: ${words(name)}`, `${count(lists)} lists`]),
  ];
  return facts(rows);
}

function listOf(list) {
  const head = make('div', { class: 'list-head' }, make('a', { href: `#/user/${encodeURIComponent(list.user_id)}` }, list.user_id));
  if (list.fallback !== 'none') head.append(make('span', { class: 'chip bad' }, words(list.fallback)));
  head.append(make('span', { class: 'when' }, clockTime(list.published_time)));
  return make('li', {}, head, make('ol', { class: 'items' }, rowsOf(list.items.slice(0, 3))));
}

function letterOf(letter) {
  return make('li', {}, make('span', { class: 'chip bad' }, words(letter.reason)),
    make('span', { class: 'where' }, `${letter.topic} ${letter.partition}:${letter.offset}`,
      letter.key ? `, key ${letter.key}` : ''),
    make('p', { class: 'remedy' }, letter.text), make('code', {}, letter.first_bytes));
}

function spanChoice(chosen, choose) {
  return make('div', { class: 'choice', role: 'group', 'aria-label': 'Time shown' }, SPANS.map(([seconds, name]) =>
    make('button', { type: 'button', 'aria-pressed': String(seconds === chosen), click: () => choose(seconds) }, name)));
}

export function openLive(root) {
  const figures = new Figures();
  const tiles = TILES.map((tile) => new Tile(tile));
  const plots = PLOTS.map((options) => [options, new TimePlot({ axis: options.format, ...options })]);
  const choice = make('div', { class: 'plots-head' });
  const lists = make('ol', { class: 'lists' });
  const letters = make('ol', { class: 'letters' });
  const inside = make('div');
  let seconds = SPANS[0][0];
  let lettersAsked = 0;
  let lettersAnswered = true;
  let open = true;

  root.append(make('h1', { class: 'visually-hidden' }, 'Live'), make('section', { class: 'tiles', 'aria-label': 'Key figures' }, tiles.map((tile) => tile.element)),
    choice, make('section', { class: 'plots', 'aria-label': 'Figures over time' }, plots.map(([, plot]) => plot.figure)),
    make('div', { class: 'columns' }, card('Newest lists', lists),
      make('div', { class: 'stack' }, card('Newest dead letters', letters), card('Inside', inside))));

  function showPlots() {
    const now = Date.now() / 1000;
    const oldest = figures.times.length ? figures.times[0] : now;
    // A young page does not begin with an empty plot.
    const range = [Math.max(now - seconds, Math.min(oldest, now - 30)), now];
    for (const [options, plot] of plots) {
      const lines = typeof options.lines === 'function' ? options.lines(figures) : options.lines;
      const series = lines.map((each, at) => ({ colour: colourOf(at), ...each }));
      plot.show(figures.times, lines.map(({ key, rate }) => (rate ? figures.rate(key) : figures.column(key))), series, range);
    }
  }

  async function remember(asked) {
    seconds = asked;
    choice.replaceChildren(spanChoice(seconds, remember));
    try {
      const history = await api.history(asked);
      if (asked === seconds) figures.begin(history);
    } catch (problem) {
      choice.append(absence('Only what this page has seen so far', problem));
    }
    if (open) showPlots();
  }

  async function askLetters(status) {
    if (!lettersAnswered || Date.now() - lettersAsked < LETTERS_MS) return;
    lettersAsked = Date.now();
    let newest = status.newest_dead_letters || [];
    try {
      newest = (await api.deadLetters()).dead_letters;
    } catch (problem) {
      lettersAnswered = !problem.unrouted;
    }
    fill(letters, newest.map(letterOf), 'None: every record could be read.');
  }

  function show(status) {
    if (!status) return;
    for (const tile of tiles) tile.show(status);
    inside.replaceChildren(insideOf(status));
    fill(lists, (status.newest_lists || []).map(listOf), 'No list yet.');
    if (lettersAnswered) askLetters(status);
    else fill(letters, (status.newest_dead_letters || []).map(letterOf), 'None: every record could be read.');
    figures.add(status, Date.now() / 1000);
    showPlots();
  }

  // A hidden page asks for nothing; what it missed is in the history.
  const returned = () => document.hidden || remember(seconds);
  document.addEventListener('visibilitychange', returned);

  let unwatch = () => {};
  remember(seconds).then(() => {
    if (open) unwatch = watchStatus(show);
  });
  return () => {
    open = false;
    unwatch();
    document.removeEventListener('visibilitychange', returned);
    for (const [, plot] of plots) plot.close();
  };
}
