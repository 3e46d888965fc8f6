/* Asks for /v1/status each second while the page can be seen, and tells everyone who watches. */

import { api } from './api.js';

const POLL_MS = 1000;
const watchers = new Set();
let newest = null;
let running = false;

async function poll() {
  if (!document.hidden) {
    let problem = null;
    try {
      newest = await api.status();
    } catch (failure) {
      problem = failure;
    }
    for (const watcher of [...watchers]) watcher(problem ? null : newest, problem);
  }
  setTimeout(poll, POLL_MS);
}

/** Calls `watcher(status, problem)` each second, one of them null, from now on; returns what ends that. */
export function watchStatus(watcher) {
  watchers.add(watcher);
  if (newest) watcher(newest, null);
  if (!running) {
    running = true;
    poll();
  }
  return () => watchers.delete(watcher);
}
