'use strict';

/* Time plots of up to five minutes, drawn as SVG: axes with labels, a legend with newest values. */

const PLOT_SECONDS = 300;
/* Seconds shown, and the step between labels: a young page does not begin with an empty plot. */
const SPANS = [[60, 15], [120, 30], [PLOT_SECONDS, 60]];
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

/** Rounds up to a number whose half is short too, so that axis labels are round. */
function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 1.5, 2, 3, 4, 5, 6, 8, 10]) if (step * power >= value * 0.999) return step * power;
  return 10 * power;
}

/**
 * A plot in `figure`. `options`: title, series [{key, name, dashed}], format(value) for the legend,
 * axis(value) for the labels.
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
    const age = samples.length ? (now - samples[0].time) / 1000 : 0;
    const [seconds, step] = SPANS.find((span) => age <= span[0]) || SPANS[SPANS.length - 1];
    const top = this.drawValueAxis(parts, samples, box);
    this.drawTimeAxis(parts, seconds, step, box);
    const x = (time) => Math.max(box.left,
      box.right - ((now - time) / 1000 / seconds) * (box.right - box.left));
    const y = (value) => box.bottom - (value / top) * (box.bottom - box.top);
    this.options.series.forEach((series, index) => {
      const line = draw('path', { class: 'series', d: this.path(samples, series.key, x, y) });
      line.style.stroke = `var(--s${(index % 7) + 1})`;
      if (series.dashed) line.setAttribute('stroke-dasharray', '6 5');
      parts.push(line);
    });
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.svg.replaceChildren(...parts);
    this.showLegend(samples);
  }

  drawValueAxis(parts, samples, box) {
    let most = 0;
    for (const sample of samples) {
      for (const { key } of this.options.series) if (sample[key] > most) most = sample[key];
    }
    const top = roundUp(most * 1.05);
    for (let i = 0; i <= 4; i += 2) {
      const y = box.bottom - (i / 4) * (box.bottom - box.top);
      parts.push(draw('line', { class: 'gridline', x1: box.left, x2: box.right, y1: y, y2: y }));
      parts.push(draw('text', { x: box.left - 7, y: y + 4, 'text-anchor': 'end' },
        this.options.axis((top * i) / 4)));
    }
    return top;
  }

  drawTimeAxis(parts, seconds, step, box) {
    for (let ago = 0; ago <= seconds; ago += step) {
      const x = box.right - (ago / seconds) * (box.right - box.left);
      const label = step < 60 ? `−${ago} s` : `−${ago / 60} min`;
      parts.push(draw('text', { x, y: box.bottom + 17, 'text-anchor': ago === 0 ? 'end' : 'middle' },
        ago === 0 ? 'now' : label));
    }
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
      swatch.style.borderColor = `var(--s${(index % 7) + 1})`;
      const value = newest[series.key];
      const known = value !== null && value !== undefined;
      return make('span', {}, swatch, `${series.name} `,
        make('b', {}, known ? this.options.format(value) : '–'));
    }));
  }
}
