/* Questions to Freshet. */

/** What Freshet answered instead of what was asked for; `status` 0 = no answer at all. */
export class Problem extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }

  /** Whether this Freshet has no such route at all, rather than no such user or item. */
  get unrouted() {
    return this.status === 405 || (this.status === 404 && this.message.startsWith('nothing lives at'));
  }
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: options.signal || AbortSignal.timeout(10000) });
  } catch (failure) {
    throw new Problem(0, failure.name === 'TimeoutError' ? 'no answer within 10 s' : `no answer from Freshet (${failure.message})`);
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, (body && body.detail) || `${response.status} ${response.statusText}`);
  return body;
}

const address = (path, query) => {
  const given = Object.entries(query || {}).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
};

const text = encodeURIComponent;
const get = (path, query) => send(address(path, query), {});
const post = (path, body) => send(path, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body || {}),
});

export const api = {
  status: () => get('v1/status'),
  history: (seconds) => get('v1/history', { seconds }),
  deadLetters: () => get('v1/dead-letters'),
  user: (user) => get(`v1/users/${text(user)}`),
  recommend: (user, query) => get(`v1/users/${text(user)}/recommendations`, query),
  explain: (user, item) => get(`v1/users/${text(user)}/items/${text(item)}`),
  watchAddress: (user) => `v1/users/${text(user)}/lists`,
  recommendSession: (events, count) => post('v1/recommendations', { events, count }),
  sendEvent: (event) => post('v1/events', event),
  items: (query) => get('v1/items', query),
  item: (item) => get(`v1/items/${text(item)}`),
  related: (item, count) => get(`v1/items/${text(item)}/related`, { count }),
  similar: (item, count) => get(`v1/items/${text(item)}/similar`, { count }),
  bundle: (basket, count) => post('v1/bundles', { basket, count }),
  trending: (count) => get('v1/trending', { count }),
  newest: (count) => get('v1/new', { count }),
  model: () => get('v1/model'),
  saveVersion: () => post('v1/model/versions'),
  promote: (version) => post(`v1/model/versions/${text(version)}/promote`),
  rollBack: () => post('v1/model/rollback'),
  freeze: (frozen) => post('v1/model/freeze', { frozen }),
};
