/* Elements. All data is set as text, never as markup. */

const SVG = 'http://www.w3.org/2000/svg';

function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Makes an element; an attribute that is a function listens to the event of that name. Children are text or elements. */
export const make = (tag, attributes, ...children) => furnish(document.createElement(tag), attributes, children);

/** The same for SVG. */
export const draw = (tag, attributes, ...children) => furnish(document.createElementNS(SVG, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

/** Shows `elements` in `container`; one under the keyboard's focus is left alone, so that nobody is thrown out of it. */
export function fill(container, elements, empty) {
  if (container.contains(document.activeElement)) return;
  container.replaceChildren(...(elements.length ? elements : [make('li', { class: 'empty' }, empty)]));
}

/** A horizontal bar of `ratio` (0 to 1). */
export function barOf(ratio, colour) {
  const rect = draw('rect', { width: Math.min(100, Math.max(0, ratio * 100)), height: 8 });
  if (colour) rect.style.fill = colour;
  return draw('svg', { class: 'bar', 'aria-hidden': 'true', viewBox: '0 0 100 8', preserveAspectRatio: 'none' }, rect);
}

export function card(title, ...children) {
  return make('section', { class: 'card', 'aria-label': title }, make('h2', {}, title), ...children);
}

/** A list of names and values; a value may be text, an element or several. */
export function facts(rows) {
  return make('dl', { class: 'facts' }, rows.flatMap(([name, value]) =>
    [make('dt', {}, name), make('dd', {}, ...[].concat(value))]));
}

export const note = (text) => make('p', { class: 'note' }, text);

/** Says why a part is not there. */
export function absence(what, problem) {
  const why = problem.unrouted ? `this Freshet does not answer that (${problem.message})` : problem.message;
  return make('p', { class: 'absence', role: 'note' }, `${what}: ${why}`);
}

/** Asks before something that changes what users see; resolves to whether to do it. */
export function confirmed(title, text, verb) {
  return new Promise((resolve) => {
    const dialog = make('dialog', { 'aria-labelledby': 'dialog-title', close: () => {
      resolve(dialog.returnValue === 'yes');
      dialog.remove();
    } }, make('h2', { id: 'dialog-title' }, title), make('p', {}, text), make('div', { class: 'buttons' },
      make('button', { type: 'button', class: 'plain', click: () => dialog.close('no') }, 'Cancel'),
      make('button', { type: 'button', click: () => dialog.close('yes') }, verb)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function debounced(action, ms) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), ms);
  };
}
