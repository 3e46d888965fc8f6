/* Model: the versions that are kept, and what may be done with them. */

import { api } from './api.js';
import { absence, barOf, card, confirmed, facts, make, note } from './dom.js';
import { ago, bytes, count, dateTime, decimals, known, percent, words } from './format.js';
import { SOURCES, sourceColour } from './plots.js';
import { watchStatus } from './status.js';

const ASK_MS = 3000;

function versionRow(model, version, best, promote) {
  const ranks = version.version === model.version;
  return make('tr', { class: ranks ? 'current' : '' },
    make('th', { scope: 'row' }, count(version.version), ranks ? make('span', { class: 'chip good' }, 'ranks') : null),
    make('td', { class: 'when', title: dateTime(version.saved_time) }, ago(version.saved_time)),
    make('td', { class: 'number wide' }, count(version.learned_examples)),
    make('td', { class: 'bar-cell' }, known(version.hit_rate_20) ? [barOf(version.hit_rate_20 / best), percent(version.hit_rate_20)] : '–'),
    make('td', { class: 'number wide' }, bytes(version.bytes)),
    make('td', {}, make('button', { type: 'button', class: 'small', disabled: ranks, 'aria-label': `Promote version ${version.version}`,
      click: () => promote(version.version) }, 'Promote')));
}

function versionsTable(model, promote) {
  const best = Math.max(1e-9, ...model.versions.map((version) => version.hit_rate_20 || 0));
  const head = [['Version', ''], ['Saved', ''], ['Examples', 'number wide'], ['HR@20 before', ''], ['Size', 'number wide'], ['', '']];
  return make('div', { class: 'table' }, make('table', {}, make('thead', {}, make('tr', {}, head.map(([name, kind]) => make('th', { scope: 'col', class: kind }, name)))),
    make('tbody', {}, model.versions.map((version) => versionRow(model, version, best, promote)))));
}

function mixtureOf(status) {
  const weights = status.mixture_weights;
  return make('ul', { class: 'weights' }, SOURCES.filter((source) => source in weights).map((source) =>
    make('li', {}, make('span', {}, source), barOf(weights[source], sourceColour(source)), make('b', {}, percent(weights[source])))));
}

export function openModel(root) {
  const state = make('div', {}, note('Asking…'));
  const versions = make('div');
  const versionsCard = card('Versions', versions);
  const outcome = make('p', { class: 'note', role: 'status', tabindex: '-1' });
  const mixture = make('div');
  const buttons = make('div', { class: 'buttons' });
  let open = true;
  let timer;

  async function change(title, text, verb, action, done) {
    if (!await confirmed(title, text, verb)) return;
    outcome.className = 'note';
    outcome.textContent = `${verb}…`;
    try {
      const model = await action();
      outcome.textContent = done;
      outcome.focus();   // The button that was pressed may be gone.
      show(model);
    } catch (problem) {
      outcome.className = 'note failed';
      outcome.textContent = problem.message;
    }
  }

  const promote = (version) => change(`Promote version ${version}?`,
    'Lists are ranked with it from now on, and learning goes on from it. What was learned since is left behind, unless it is saved.',
    'Promote', () => api.promote(version), `Version ${version} was promoted.`);
  const save = () => change('Save the model as it is now?', 'It is kept beside the other versions, and can be promoted later.',
    'Save', api.saveVersion, 'The model was saved.');
  const rollBack = () => change('Roll back?', 'The newest version saved before the one that ranks is promoted: lists change at once.',
    'Roll back', api.rollBack, 'The model was rolled back.');
  const freeze = (frozen) => change(frozen ? 'Freeze the model?' : 'Let the model learn again?',
    frozen ? 'It ranks on, but learns nothing until it is let go on. Histories go on being kept.' : 'It learns from the next events on.',
    frozen ? 'Freeze' : 'Learn again', () => api.freeze(frozen), frozen ? 'The model is frozen.' : 'The model learns again.');

  function show(model) {
    if (!open) return;
    state.replaceChildren(facts([['Ranks', `version ${count(model.version)}`], ['Learning', model.frozen ? 'frozen' : 'goes on'],
      ['Guard', model.guard ? words(model.guard) : '–'], ['Examples learned', count(model.learned_examples)], ['Loss', decimals(model.loss)]]));
    if (!buttons.childElementCount || buttons.dataset.frozen !== String(model.frozen)) {
      buttons.dataset.frozen = String(model.frozen);
      buttons.replaceChildren(make('button', { type: 'button', click: save }, 'Save'),
        make('button', { type: 'button', class: 'plain', click: rollBack }, 'Roll back'),
        make('button', { type: 'button', class: 'plain', click: () => freeze(!model.frozen) }, model.frozen ? 'Learn again' : 'Freeze'));
    }
    if (!versions.contains(document.activeElement)) {
      versions.replaceChildren(model.versions.length ? versionsTable(model, promote) : note('None is kept yet: save one.'));
    }
  }

  async function poll() {
    try {
      show(await api.model());
    } catch (problem) {
      state.replaceChildren(absence('The model cannot be steered here', problem));
      versionsCard.hidden = problem.unrouted;
      if (problem.unrouted) return;
    }
    if (open) timer = setTimeout(poll, ASK_MS);
  }

  root.append(make('h1', { class: 'visually-hidden' }, 'Model'),
    make('div', { class: 'columns' }, versionsCard,
      make('div', { class: 'stack' }, card('State', state, buttons, outcome), card('Mixture', note('Weight of each expert now.'), mixture))));
  const unwatch = watchStatus((status) => status && mixture.replaceChildren(mixtureOf(status)));
  poll();
  return () => {
    open = false;
    clearTimeout(timer);
    unwatch();
  };
}
