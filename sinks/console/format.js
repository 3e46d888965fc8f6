/* Figures as text; what is not known is a dash. */

export const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const money = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export function count(value) {
  if (!known(value)) return '–';
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : grouped.format(value);
}

export function short(value) {
  if (!known(value)) return '–';
  if (value >= 1e6) return `${+(value / 1e6).toFixed(2)}M`;
  return value >= 1e4 ? `${+(value / 1e3).toFixed(1)}k` : count(value);
}

export function milliseconds(value) {
  if (!known(value)) return '–';
  if (value >= 120000) return span(value);
  if (value >= 1000) return `${+(value / 1000).toFixed(value < 10000 ? 2 : 1)} s`;
  return `${value < 10 ? +value.toFixed(2) : +value.toFixed(value < 100 ? 1 : 0)} ms`;
}

export const percent = (value) => (known(value) ? `${+(value * 100).toFixed(value < 0.01 ? 2 : 1)} %` : '–');
export const decimals = (value) => (known(value) ? value.toFixed(3) : '–');
export const price = (value) => (known(value) ? money.format(value) : '–');
export const words = (name) => String(name).replaceAll('_', ' ');

export function bytes(value) {
  if (!known(value)) return '–';
  if (value >= 1 << 30) return `${(value / (1 << 30)).toFixed(2)} GiB`;
  return value >= 1 << 20 ? `${(value / (1 << 20)).toFixed(0)} MiB` : `${(value / 1024).toFixed(0)} KiB`;
}

export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} days`;
}

export const ago = (time) => (known(time) ? `${span(Date.now() - time)} ago` : '–');
export const clockTime = (time) => (known(time) ? new Date(time).toLocaleTimeString([], { hourCycle: 'h23' }) : '–');
export const dateTime = (time) => (known(time) ? new Date(time).toLocaleString([], { hourCycle: 'h23' }) : '–');

/** Returns the value below which `share` of `values` lie; null without values. */
export function quantile(values, share) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}
