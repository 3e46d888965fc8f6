'use strict';

/* Time plots of the last five minutes, drawn as SVG: axes with labels, a legend with newest values. */

const PLOT_SECONDS = 300;
const SVG = 'http://www.w3.org/2000/svg';

/** Makes an element with attributes and children; text is always text, never markup. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function draw(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Rounds up to 1, 2, 2.5 or 5 times a power of ten, so that axis labels are round. */
function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 2.5, 5, 10]) if (step * power >= value * 0.999) return step * power;
  return 10 * power;
}

/**
 * A plot in `figure`. `options`: title, series [{key, name, dashed}], format(value).
 * Samples are {time (ms), key: value or null}; a null breaks its line.
 */
class TimePlot {
  constructor(figure, options) {
    this.options = options;
    this.figure = figure;
    this.legend = make('div', { class: 'legend' });
    this.svg = draw('svg', { role: 'img', 'aria-label': options.title });
    figure.replaceChildren(
      make('figcaption', {}, make('span', { class: 'title' }, options.title), this.legend), this.svg);
  }

  setSeries(series) {
    this.options.series = series;
  }

  show(samples, now) {
    const width = Math.max(this.svg.clientWidth, 240);
    const height = this.svg.clientHeight || 190;
    const box = { left: 48, right: width - 8, top: 8, bottom: height - 22 };
    const parts = [];
    const top = this.drawAxes(parts, samples, box);
    const x = (time) => box.right - ((now - time) / 1000 / PLOT_SECONDS) * (box.right - box.left);
    const y = (value) => box.bottom - (value / top) * (box.bottom - box.top);
    this.options.series.forEach((series, index) => {
      const line = draw('path', { class: 'series', d: this.path(samples, series.key, x, y) });
      line.style.stroke = `var(--s${(index % 5) + 1})`;
      if (series.dashed) line.setAttribute('stroke-dasharray', '6 5');
      parts.push(line);
    });
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.svg.replaceChildren(...parts);
    this.showLegend(samples);
  }

  drawAxes(parts, samples, box) {
    let most = 0;
    for (const sample of samples) {
      for (const { key } of this.options.series) if (sample[key] > most) most = sample[key];
    }
    const top = roundUp(most * 1.05);
    for (let i = 0; i <= 4; i += 2) {
      const y = box.bottom - (i / 4) * (box.bottom - box.top);
      parts.push(draw('line', { class: 'gridline', x1: box.left, x2: box.right, y1: y, y2: y }));
      parts.push(draw('text', { x: box.left - 7, y: y + 4, 'text-anchor': 'end' },
        this.options.format((top * i) / 4)));
    }
    for (let minute = 0; minute <= 5; ++minute) {
      const x = box.right - (minute / 5) * (box.right - box.left);
      const anchor = minute === 0 ? 'end' : 'middle';
      parts.push(draw('text', { x, y: box.bottom + 17, 'text-anchor': anchor },
        minute === 0 ? 'now' : `−${minute} min`));
    }
    return top;
  }

  path(samples, key, x, y) {
    let path = '';
    let pen = 'M';
    for (const sample of samples) {
      const value = sample[key];
      if (value === null || value === undefined) {
        pen = 'M';
        continue;
      }
      path += `${pen}${x(sample.time).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = 'L';
    }
    return path;
  }

  showLegend(samples) {
    const newest = samples[samples.length - 1] || {};
    this.legend.replaceChildren(...this.options.series.map((series, index) => {
      const swatch = make('i', series.dashed ? { class: 'dashed' } : {});
      swatch.style.borderColor = `var(--s${(index % 5) + 1})`;
      const value = newest[series.key];
      const known = value !== null && value !== undefined;
      return make('span', {}, swatch, `${series.name} `,
        make('b', {}, known ? this.options.format(value) : '–'));
    }));
  }
}
