/* Figures over time: those that Freshet kept (/v1/history), then each answer of /v1/status. */

import { known } from './format.js';

const LIMIT = 8000;  // Rows; two hours of seconds and some.
const RATE_SECONDS = 5;
const CLOCKS_DIFFER_MS = 15000;

/** The figures of a status under the names that /v1/history has for them, and some that it does not keep. */
function figuresOf(status) {
  const figures = {};
  for (const [name, value] of Object.entries(status)) if (typeof value === 'number') figures[name] = value;
  const under = (start, values, end = '') => {
    for (const [name, value] of Object.entries(values || {})) figures[start + name + end] = value;
  };
  under('', status.served);
  under('', status.popularity, '_popularity');
  under('weight_', status.mixture_weights);
  under('fallbacks_', status.fallbacks);
  figures.lag_records = status.lag.reduce((sum, partition) => sum + partition.lag_records, 0);
  for (const { partition, lag_records: records } of status.lag) figures[`lag_records_${partition}`] = records;
  return figures;
}

export class Figures {
  constructor() {
    this.times = [];
    this.columns = new Map();
  }

  /** Begins anew with the columns of a history, whose newest row is from about now, whatever the clocks say. */
  begin({ time, ...columns }) {
    const late = time.length ? Date.now() - time[time.length - 1] : 0;
    const shift = Math.abs(late) > CLOCKS_DIFFER_MS ? late : 0;
    this.times = time.map((each) => (each + shift) / 1000);
    this.columns = new Map(Object.entries(columns));
  }

  /** Adds a status; a row that is not newer than the newest is left out. */
  add(status, time) {
    if (this.times.length && time <= this.times[this.times.length - 1]) return;
    const figures = figuresOf(status);
    for (const name of Object.keys(figures)) {
      if (!this.columns.has(name)) this.columns.set(name, this.times.map(() => null));
    }
    this.times.push(time);
    for (const [name, column] of this.columns) column.push(name in figures ? figures[name] : null);
    if (this.times.length > LIMIT) {
      this.times.shift();
      for (const column of this.columns.values()) column.shift();
    }
  }

  /** The column `name`, or nulls. */
  column(name) {
    return this.columns.get(name) || this.times.map(() => null);
  }

  /** Names of the columns that begin with `start`, with what follows it. */
  namesFrom(start) {
    return [...this.columns.keys()].filter((name) => name.startsWith(start)).map((name) => [name, name.slice(start.length)]);
  }

  /** How much a counter rose per second, over the last RATE_SECONDS before each row; a restart leaves a gap. */
  rate(name) {
    const column = this.column(name);
    let from = 0;
    return column.map((value, at) => {
      while (from + 1 < at && this.times[at] - this.times[from + 1] >= RATE_SECONDS) from += 1;
      const seconds = this.times[at] - this.times[from];
      const rise = value - column[from];
      return known(value) && known(column[from]) && seconds >= RATE_SECONDS && rise >= 0 ? rise / seconds : null;
    });
  }
}
