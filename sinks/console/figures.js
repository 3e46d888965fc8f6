/* Figures over time: those that Freshet kept (/v1/history), then each answer of /v1/status. */

import { known } from './format.js';

const LIMIT = 8000;  // Rows; two hours of seconds and some.
const plain = (name) => name.replace(/[^A-Za-z0-9]+/g, '_').toLowerCase();

/** The figures of a status by name: {"served_hit_rate_20": 0.3, "lag_records_0": 7, ...}. */
function figuresOf(status) {
  const figures = {};
  const put = (name, value) => {
    if (typeof value === 'number') figures[plain(name)] = value;
  };
  for (const [name, value] of Object.entries(status)) {
    if (name === 'lag') for (const { partition, lag_records: records } of value) put(`lag_records_${partition}`, records);
    else if (value && typeof value === 'object' && !Array.isArray(value)) {
      for (const [part, figure] of Object.entries(value)) put(`${name}_${part}`, figure);
    } else put(name, value);
  }
  return figures;
}

export class Figures {
  constructor() {
    this.times = [];
    this.columns = new Map();
  }

  /** Begins anew with the columns of a history; its times are epoch milliseconds or seconds. */
  begin(history) {
    const unit = history.time.length && history.time[0] > 1e11 ? 1000 : 1;
    this.times = history.time.map((time) => time / unit);
    this.columns = new Map(Object.entries(history).filter(([name]) => name !== 'time').map(([name, column]) => [plain(name), [...column]]));
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

  /** How much a counter rose per second between each row and the one before; a restart leaves a gap. */
  rate(name) {
    const column = this.column(name);
    return column.map((value, at) => {
      const before = at > 0 ? column[at - 1] : null;
      if (!known(value) || !known(before) || value < before) return null;
      return (value - before) / (this.times[at] - this.times[at - 1]);
    });
  }
}
