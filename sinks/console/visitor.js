/* A visitor of the shop: sends what they do and follows their list. */

import { api } from './api.js';

const WAIT_MS = 10000;   // A click whose list did not come by then is given up.
const ASK_MS = 150;      // Between two questions for the list where it cannot be watched.
const EVENTS_KEPT = 200;
const LIST_SIZE = 20;

/** Ids that need no secure context, unlike crypto.randomUUID. */
export function randomId(prefix) {
  return prefix + [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const pause = (ms) => new Promise((resolve) => {
  setTimeout(resolve, ms);
});

/**
 * Follows `user`. Told: onList(list) for every list that is to be shown, onWay(way, problem) when what carries events and
 * lists is known or changes: "watch" (server-sent events), "ask" (polling) or "session" (the history comes with each
 * question; nothing is stored).
 */
export class Visitor {
  constructor(user, anonymous, { onList, onWay }) {
    Object.assign(this, { user, onList, onWay, events: [], waiting: new Set(), newest: null, open: true });
    this.session = randomId('s-');
    this.way = null;
    if (anonymous) this.go('session', null);
    else this.watch();
  }

  close() {
    this.open = false;
    if (this.source) this.source.close();
  }

  go(way, problem) {
    this.way = way;
    if (this.open) this.onWay(way, problem);
    if (way === 'session') this.askSession().catch((failure) => this.open && this.onWay(way, failure));
  }

  /** Opens the stream; where it is refused (not where it breaks), asks instead. */
  watch() {
    this.source = new EventSource(api.watchAddress(this.user));
    this.source.addEventListener('open', () => {
      this.ask();   // What was published before, or while the stream was broken.
      if (this.way !== 'watch') this.go('watch', null);
    });
    this.source.addEventListener('list', (event) => this.take(JSON.parse(event.data)));
    this.source.addEventListener('error', () => {
      if (this.source.readyState !== EventSource.CLOSED || this.way === 'session') return;
      this.go('ask', null);
      this.ask();
    });
  }

  /** Asks for the list as it is now; without an answer the one that is shown stays. */
  async ask() {
    const list = await api.recommend(this.user, { count: LIST_SIZE }).catch(() => null);
    if (list) this.take(list);
  }

  /** A list came, by whatever way. One that is older than what is shown is left out: an answer may be overtaken. */
  take(list) {
    if (!this.open) return;
    const { newest } = this;
    if (newest && newest.partition === list.partition && list.offset < newest.offset) return;
    this.newest = list;
    // The same list again, asked for twice, leaves on the page what moved before.
    if (!newest || newest.partition !== list.partition || list.offset > newest.offset) this.onList(list);
    for (const wait of [...this.waiting]) wait(list);
  }

  /** Sends an action; resolves to the milliseconds from the call to the list that knows of it. Errors: Problem; no list in time. */
  async act(item, action) {
    const began = performance.now();
    this.events.push({ item_id: item.item_id, action, event_time: Date.now() });
    this.events.splice(0, this.events.length - EVENTS_KEPT);
    if (this.way !== 'session') {
      try {
        return await this.actByEvent(item, action, began);
      } catch (problem) {
        if (![403, 404, 405, 501].includes(problem.status)) throw problem;
        if (this.source) this.source.close();
        this.go('session', problem);
      }
    }
    await this.askSession();
    return performance.now() - began;
  }

  async actByEvent(item, action, began) {
    const arrivals = [];   // The list may come before the answer that names the event's offset.
    let wake = () => {};
    const wait = (list) => {
      arrivals.push({ list, time: performance.now() });
      wake();
    };
    this.waiting.add(wait);
    try {
      const { partition, offset } = await api.sendEvent({ event_id: randomId('c-'), type: action, user_id: this.user,
        session_id: this.session, item_id: item.item_id, event_time: Date.now() });
      const knows = ({ list }) => list.partition === partition && list.offset >= offset;
      while (!arrivals.some(knows)) {
        if (!this.open) throw new Error('the page was closed');
        if (performance.now() - began > WAIT_MS) throw new Error(`no list within ${WAIT_MS / 1000} s`);
        const came = new Promise((resolve) => {
          wake = resolve;
        });
        if (this.way !== 'watch') await this.ask();
        await Promise.race([came, pause(ASK_MS)]);
      }
      return arrivals.find(knows).time - began;
    } finally {
      this.waiting.delete(wait);
    }
  }

  async askSession() {
    const list = await api.recommendSession(this.events, LIST_SIZE);
    if (this.open) this.onList(list);
  }
}
