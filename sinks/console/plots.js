/* Time plots by uPlot (global, from uplot.js): a caption, a legend with the values under the pointer, and the plot. */

import { make } from './dom.js';
import { clockTime, known } from './format.js';

/* What gives candidates, in the order of its colours everywhere. */
export const EXPERTS = ['popular', 'covisitation', 'walk', 'network', 'repeat', 'content', 'new'];
/** What a reason may name beside them has a colour, too. */
export const SOURCES = [...EXPERTS, 'rule'];

export const colourOf = (index) => `var(--s${(index % 8) + 1})`;
export const sourceColour = (source) => colourOf(Math.max(0, SOURCES.indexOf(source)));

/** Resolves a colour of the style sheet for a canvas. */
function resolved(colour) {
  const probe = make('i');
  probe.style.color = colour;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** Rounds up to a number whose half is short too, so that axis labels are round. */
function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 1.5, 2, 3, 4, 5, 6, 8, 10]) if (step * power >= value * 0.999) return step * power;
  return 10 * power;
}

/** Running sums over the series, the last one first, so that each area is painted over the larger one behind it. */
function stacked(columns) {
  const sums = columns[0] ? columns[0].map(() => 0) : [];
  return columns.map((column) => column.map((value, at) => {
    if (!known(value)) return null;
    sums[at] += value;
    return sums[at];
  })).reverse();
}

/**
 * A plot in a figure of its own, `figure`. Options: title, hint, series [{name, colour, dashed}],
 * format(value) for the legend, axis(value) for the labels, stack (areas on each other), top (a fixed end of the axis).
 */
export class TimePlot {
  constructor(options) {
    this.options = options;
    this.times = [];
    this.columns = [];
    this.legend = make('div', { class: 'legend' });
    this.frame = make('div', { class: 'frame', role: 'img', 'aria-label': options.title });
    this.when = make('span', { class: 'when' });
    this.empty = make('p', { class: 'empty' }, 'No figures yet');
    this.figure = make('figure', { class: 'card plot' }, make('figcaption', {},
      make('span', { class: 'title' }, options.title, this.when),
      options.hint ? make('span', { class: 'hint' }, options.hint) : null, this.legend), this.frame, this.empty);
    this.rebuild = () => this.build();
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.frame);
    document.addEventListener('themechange', this.rebuild);
  }

  close() {
    this.sizes.disconnect();
    document.removeEventListener('themechange', this.rebuild);
    if (this.plot) this.plot.destroy();
  }

  /** Shows columns (one per series, as long as `times`, epoch seconds) from `from` to `until`. */
  show(times, columns, series, [from, until]) {
    const others = series.map(({ name }) => name).join() !== (this.series || []).map(({ name }) => name).join();
    Object.assign(this, { times, columns, series, range: [from, until] });
    const filled = columns.some((column) => column.some(known));
    this.frame.hidden = !filled;
    this.empty.hidden = filled;
    if (!filled) return this.showLegend(null);
    if (others || !this.plot) return this.build();
    this.plot.setData(this.drawn());
    this.showLegend(this.plot.cursor.idx);
  }

  drawn() {
    return [this.times, ...(this.options.stack ? stacked(this.columns) : this.columns)];
  }

  resize() {
    const width = this.frame.clientWidth;
    if (this.plot && width && width !== this.plot.width) this.plot.setSize({ width, height: this.frame.clientHeight });
  }

  build() {
    if (!this.series || this.frame.hidden) return;
    if (this.plot) this.plot.destroy();
    this.plot = new uPlot(this.uplotOptions(), this.drawn(), this.frame);
    this.showLegend(null);
  }

  uplotOptions() {
    const { axis, stack, top } = this.options;
    const [soft, grid] = [resolved('var(--soft)'), resolved('var(--grid)')];
    const shared = { stroke: soft, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
    const drawn = this.series.map(({ colour, dashed }) => ({
      stroke: resolved(colour), width: stack ? 1 : 2, dash: dashed ? [6, 4] : undefined, points: { show: false },
      fill: stack ? resolved(`color-mix(in srgb, ${colour} 72%, var(--card))`) : undefined,
    }));
    return {
      width: this.frame.clientWidth || 300, height: this.frame.clientHeight || 180, legend: { show: false },
      padding: [8, 18, 0, 0], cursor: { drag: { x: false, y: false }, sync: { key: 'freshet' }, y: false, points: stack ? { show: false } : { size: 7 } },
      scales: {
        x: { time: true, range: () => this.range },
        y: { range: (plot, least, most) => [0, top || roundUp((most || 0) * 1.05)] },
      },
      axes: [{ ...shared, size: 24, space: 64, values: (plot, ticks, axisIndex, space, step) => ticks.map((tick) =>
        new Date(tick * 1000).toLocaleTimeString([], { hourCycle: 'h23', ...(step < 60 ? {} : { hour: '2-digit', minute: '2-digit' }) })) },
      { ...shared, size: 56, space: 44, values: (plot, ticks) => ticks.map(axis) }],
      series: [{}, ...(stack ? drawn.reverse() : drawn)],
      hooks: { setCursor: [(plot) => this.showLegend(plot.cursor.idx)] },
    };
  }

  showLegend(index) {
    const at = known(index) ? index : this.times.length - 1;
    this.when.textContent = known(index) && this.times.length ? ` ${clockTime(this.times[at] * 1000)}` : '';
    this.legend.replaceChildren(...(this.series || []).map(({ name, colour, dashed }, number) => {
      const swatch = make('i', { class: this.options.stack ? 'area' : dashed ? 'dashed' : '' });
      swatch.style.borderColor = colour;
      const value = (this.columns[number] || [])[at];
      return make('span', {}, swatch, `${name} `, make('b', {}, known(value) ? this.options.format(value) : '–'));
    }));
  }
}
