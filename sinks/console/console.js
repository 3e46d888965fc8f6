'use strict';

/* The console: asks for /v1/status each second and shows it. All data is set as text, never as markup. */

const POLL_MS = 1000;
const samples = [];
const byId = (id) => document.getElementById(id);

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

function count(value) {
  if (!known(value)) return '–';
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : grouped.format(value);
}

function short(value) {
  if (!known(value)) return '–';
  if (value >= 1e6) return `${+(value / 1e6).toFixed(2)}M`;
  return value >= 1e4 ? `${+(value / 1e3).toFixed(1)}k` : count(value);
}

function axisCount(value) {
  if (value >= 1e6) return `${+(value / 1e6).toFixed(2)}M`;
  return value >= 1e3 ? `${+(value / 1e3).toFixed(2)}k` : `${+value.toFixed(2)}`;
}

function milliseconds(value) {
  if (!known(value)) return '–';
  if (value >= 1000) return `${+(value / 1000).toFixed(value < 10000 ? 2 : 1)} s`;
  return `${value < 10 ? +value.toFixed(2) : +value.toFixed(value < 100 ? 1 : 0)} ms`;
}

function percent(value) {
  if (!known(value)) return '–';
  return `${+(value * 100).toFixed(value < 0.01 ? 2 : 1)} %`;
}

function bytes(value) {
  if (!known(value)) return '–';
  return value >= 1 << 30 ? `${(value / (1 << 30)).toFixed(2)} GiB` : `${(value / (1 << 20)).toFixed(0)} MiB`;
}

function span(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/* Tiles */

const tileNames = ['Events', 'Lists', 'Lag', 'Event → list p50', 'Event → list p99', 'Hit rate @20, served', 'Model version'];
const tiles = tileNames.map((name) => {
  const tile = {
    value: make('div', { class: 'value' }, '–'),
    note: make('div', { class: 'note' }, '\u00a0'),
  };
  byId('tiles').append(make('div', { class: 'card tile' }, make('div', { class: 'name' }, name), tile.value, tile.note));
  return tile;
});

function showTile(tile, text, note, good) {
  const [value, unit] = text.split(/ (?=[^ ]+$)/);
  tile.value.replaceChildren(value, unit ? make('span', { class: 'unit' }, unit) : '');
  tile.note.textContent = note || '\u00a0';
  tile.note.classList.toggle('good', Boolean(good));
}

function lagOf(status) {
  return status.lag.reduce((sum, partition) => sum + partition.lag_records, 0);
}

function comparedToPopularity(status) {
  const { served, popularity } = status;
  if (!known(served.hit_rate_20) || !known(popularity.hit_rate_20)) return ['nothing judged yet', false];
  return [`popularity ${percent(popularity.hit_rate_20)}`, served.hit_rate_20 > popularity.hit_rate_20];
}

function showTiles(status) {
  const partitions = status.lag.length;
  const [comparison, better] = comparedToPopularity(status);
  showTile(tiles[0], `${short(status.events_per_second)} /s`, `${count(status.events_total)} in all`);
  showTile(tiles[1], `${short(status.lists_per_second)} /s`, `${count(status.lists_total)} in all`);
  showTile(tiles[2], `${count(lagOf(status))} records`, `${partitions} partition${partitions === 1 ? '' : 's'}`);
  showTile(tiles[3], milliseconds(status.event_to_list_p50_ms), 'half are faster');
  showTile(tiles[4], milliseconds(status.event_to_list_p99_ms), 'one in 100 is slower');
  showTile(tiles[5], percent(status.served.hit_rate_20), comparison, better);
  showTile(tiles[6], grouped.format(status.model_version),
    known(status.model_age_ms) ? `made ${milliseconds(status.model_age_ms)} ago` : '');
}

/* Plots */

const plots = {
  flow: new TimePlot(byId('plot-flow'), {
    title: 'Events and lists per second', format: short, axis: axisCount,
    series: [{ key: 'events', name: 'events' }, { key: 'lists', name: 'lists' }],
  }),
  latency: new TimePlot(byId('plot-latency'), {
    title: 'Event → list', format: milliseconds, axis: milliseconds,
    series: [{ key: 'p50', name: 'p50' }, { key: 'p99', name: 'p99' }],
  }),
  quality: new TimePlot(byId('plot-quality'), {
    title: 'Hit rate @20, judged by the next event', format: percent, axis: percent,
    series: [{ key: 'served', name: 'served' }, { key: 'popular', name: 'popularity', dashed: true }],
  }),
  mixture: new TimePlot(byId('plot-mixture'), {
    title: 'Mixture weights', format: percent, axis: percent, series: [],
  }),
};

function takeSample(status) {
  const sample = {
    time: Date.now(),
    events: status.events_per_second,
    lists: status.lists_per_second,
    p50: status.event_to_list_p50_ms,
    p99: status.event_to_list_p99_ms,
    served: status.served.hit_rate_20,
    popular: status.popularity.hit_rate_20,
  };
  for (const [source, weight] of Object.entries(status.mixture_weights)) sample[`weight ${source}`] = weight;
  samples.push(sample);
  while (samples.length && samples[0].time < sample.time - (PLOT_SECONDS + 5) * 1000) samples.shift();
  plots.mixture.setSeries(Object.keys(status.mixture_weights)
    .map((source) => ({ key: `weight ${source}`, name: source })));
}

function showPlots() {
  for (const plot of Object.values(plots)) plot.show(samples, Date.now());
}

/* Lists, dead letters, inside */

function itemOf(item) {
  const title = item.title || item.item_id;
  const what = make('div', { class: 'what' }, title);
  if (item.title && item.title !== item.item_id) what.append(make('span', { class: 'id' }, item.item_id));
  const why = item.reasons.map((reason) => reason.text || reason.source).join(' · ');
  return make('li', {}, what, make('div', { class: 'why' }, why));
}

function itemsOf(items) {
  return make('ol', { class: 'items' }, ...items.map(itemOf));
}

function listOf(list) {
  const user = make('button', { type: 'button', class: 'link', title: 'Look this user up' }, list.user_id);
  user.addEventListener('click', () => {
    byId('lookup-user').value = list.user_id;
    lookUp(list.user_id);
    byId('lookup').scrollIntoView({ block: 'center' });
  });
  const head = make('div', { class: 'list-head' }, user);
  if (list.fallback !== 'none') head.append(make('span', { class: 'chip fallback' }, list.fallback.replaceAll('_', ' ')));
  head.append(make('span', { class: 'when' }, new Date(list.published_time).toLocaleTimeString()));
  return make('li', {}, head, itemsOf(list.items.slice(0, 3)));
}

function letterOf(letter) {
  return make('li', {},
    make('span', { class: 'chip reason' }, letter.reason.replaceAll('_', ' ')),
    make('span', { class: 'where' }, `${letter.topic} ${letter.partition}:${letter.offset}`),
    make('p', { class: 'remedy' }, letter.text),
    make('code', {}, letter.first_bytes));
}

function fill(container, elements, empty) {
  // A list under the keyboard's focus is left alone, so that nobody is thrown out of it.
  if (container.contains(document.activeElement)) return;
  container.replaceChildren(...(elements.length ? elements : [make('li', { class: 'empty' }, empty)]));
}

function barOf(ratio) {
  const bar = draw('svg', { class: 'bar', 'aria-hidden': 'true', viewBox: '0 0 100 8', preserveAspectRatio: 'none' });
  bar.append(draw('rect', { width: Math.min(100, Math.max(0, ratio * 100)), height: 8 }));
  return bar;
}

function showInside(status) {
  const rows = [
    ['Learned', `${count(status.examples_per_second)} examples/s`],
    ['Loss', known(status.loss) ? status.loss.toFixed(3) : '–'],
    ['MRR @20', `${percent(status.served.mrr_20)} · popularity ${percent(status.popularity.mrr_20)}`],
    ['NDCG @20', `${percent(status.served.ndcg_20)} · popularity ${percent(status.popularity.ndcg_20)}`],
    ['Freshness, median', milliseconds(status.freshness_p50_ms)],
    ['Dead letters', count(status.dead_letters_total)],
    ['Memory', bytes(status.rss_bytes)],
  ];
  for (const [name, fillRatio] of Object.entries(status.queue_fills)) {
    rows.push([`Queue: ${name.replaceAll('_', ' ')}`, [barOf(fillRatio), percent(fillRatio)]]);
  }
  for (const [name, lists] of Object.entries(status.fallbacks)) {
    if (lists > 0 && name !== 'none') rows.push([`Fallback: ${name.replaceAll('_', ' ')}`, `${count(lists)} lists`]);
  }
  byId('inside').replaceChildren(...rows.flatMap(([name, value]) =>
    [make('dt', {}, name), make('dd', {}, ...[].concat(value))]));
}

/* Look-up */

let question = 0;

async function lookUp(user) {
  const asked = ++question;
  history.replaceState(null, '', `#user=${encodeURIComponent(user)}`);
  const answer = byId('lookup-answer');
  answer.replaceChildren(make('p', { class: 'answer-note' }, 'Asking…'));
  try {
    const response = await fetch(`v1/users/${encodeURIComponent(user)}/recommendations`);
    const body = await response.json();
    if (asked !== question) return;
    if (!response.ok) throw new Error(body.detail || response.statusText);
    const note = `${body.items.length} items for ${body.user_id} · model ${body.model_version}`
      + (body.fallback === 'none' ? '' : ` · fallback: ${body.fallback.replaceAll('_', ' ')}`);
    answer.replaceChildren(make('p', { class: 'answer-note' }, note),
      make('div', { class: 'answer' }, itemsOf(body.items)));
  } catch (failure) {
    if (asked === question) answer.replaceChildren(make('p', { class: 'error' }, failure.message));
  }
}

byId('lookup').addEventListener('submit', (event) => {
  event.preventDefault();
  lookUp(byId('lookup-user').value.trim());
});

/** Opens the list that the page's address names, so that a look-up can be shared as a link. */
function lookUpAddress() {
  if (!location.hash.startsWith('#user=')) return;
  byId('lookup-user').value = decodeURIComponent(location.hash.slice('#user='.length));
  lookUp(byId('lookup-user').value);
}

/* Polling */

function showConnection(state, text) {
  byId('connection').className = `connection ${state}`;
  if (byId('connection-text').textContent !== text) byId('connection-text').textContent = text;
}

async function poll() {
  try {
    const response = await fetch('v1/status', { signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const status = await response.json();
    showConnection('live', 'Live');
    byId('meta').textContent = `${status.version} · up ${span(status.uptime_ms)}`;
    takeSample(status);
    showTiles(status);
    showInside(status);
    fill(byId('lists'), status.newest_lists.map(listOf), 'No list yet.');
    fill(byId('letters'), status.newest_dead_letters.map(letterOf), 'None: every record could be read.');
  } catch (failure) {
    showConnection('lost', `No answer from Freshet (${failure.message}); trying again`);
  }
  showPlots();
  setTimeout(poll, POLL_MS);
}

window.addEventListener('resize', showPlots);
lookUpAddress();
poll();
