// The conversation with the server: messages wait in a queue and are sent once; replies come with the answer to a
// request, and over server-sent events for what comes later or got lost. Whatever arrives twice is shown once.
const TIMEOUT = 30000, TRIES = 9;

async function call(url, method, data, more) {
  const abort = new AbortController(), timer = setTimeout(() => abort.abort(), TIMEOUT);
  try {
    const response = await fetch(url, {
      method, signal: abort.signal, credentials: "omit", referrerPolicy: "no-referrer",
      ...(data && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(data) }), ...more,
    });
    const result = await response.json().catch(() => ({}));
    if (!response.ok) throw Object.assign(new Error(result.message), { code: result.code, status: response.status });
    return result;
  } finally { clearTimeout(timer); }
}

class Talk {
  // on: reply(numbered), state(item, name)
  constructor(server, store, on) {
    Object.assign(this, { api: server + "/api/", store, on, seen: new Set(), last: 0, era: 0, wait: 1000, active: false });
    this.queue = store.data.queue || [];
  }

  get token() { return this.store.data.token; }

  // Everything there is to show first; throws when the server cannot be reached.
  async begin(language) {
    this.language = language;
    const era = this.era, known = this.token;
    const start = await call(this.api + "chat/start", "POST", { language, conversation: known });
    const turns = known === start.conversation ? (await call(this.api + "chat/history?conversation=" + known, "GET")).turns : [];
    if (era !== this.era) return null;
    this.store.set({ token: start.conversation });
    const there = new Set(turns.filter((turn) => turn.replies.length).map((turn) => turn.message_id));
    this.keep(this.queue.filter((item) => !there.has(item.id)));
    return { ...start, turns };
  }

  keep(queue) {
    this.queue = queue;
    this.store.set({ queue });
  }

  take(numbered) {
    if (this.seen.has(numbered.id)) return;
    this.seen.add(numbered.id);
    this.last = Math.max(this.last, numbered.id);
    this.on.reply(numbered);
  }

  say(item) {
    this.keep([...this.queue, item]);
    this.on.state(item, navigator.onLine ? "sending" : "waiting");
    this.flush();
  }

  // At a person's word everything is tried again, by itself only what was not refused.
  retry(asked) {
    this.queue.forEach((item) => { if (asked || !item.refused) item.tries = item.refused = 0; });
    this.flush();
  }

  // One message after the other, each with its own id however often it is sent: the server answers an id once.
  async flush() {
    if (this.busy) return;
    this.busy = true;
    const era = this.era;
    let item;
    while ((item = this.queue.find((each) => (each.tries || 0) < TRIES))) {
      if (!navigator.onLine) {
        this.queue.forEach((each) => this.on.state(each, "waiting"));
        break;
      }
      this.on.state(item, "sending");
      try {
        if (!this.token) await this.begin(this.language);
        const { id, text, choice } = item;
        const sent = { message_id: id, text, choice, conversation: this.token, language: this.language };
        const result = await call(this.api + "chat", "POST", sent);
        if (era !== this.era) break;
        this.keep(this.queue.filter((each) => each !== item));
        this.on.state(item, "sent");
        result.replies.forEach((each) => this.take(each));
        this.listen();
      } catch (error) {
        if (era !== this.era) break;
        if (error.code === "unknown_conversation") this.store.set({ token: null });
        item.refused = error.status < 500 && error.status !== 429 && error.status !== 404;
        item.tries = item.refused ? TRIES : (item.tries || 0) + 1;
        this.on.state(item, item.tries < TRIES ? "waiting" : "failed");
        if (item.tries < TRIES) await sleep(Math.min(8000, 500 * 2 ** item.tries));
      }
    }
    if (era === this.era) this.busy = false;
  }

  // The browser reconnects by itself after a break and names the last reply it got. It gives up when a server answers
  // with an error, e.g. while it restarts: then we try again and ask for what was missed with a plain request.
  listen() {
    if (this.events || !this.token || !this.active) return;
    const events = this.events = new EventSource(this.api + "chat/events?conversation=" + this.token + "&after=" + this.last);
    events.addEventListener("reply", (event) => this.take(JSON.parse(event.data)));
    events.onopen = () => {
      this.wait = 1000;
      this.retry();
    };
    events.onerror = async () => {
      if (events.readyState !== 2 || this.events !== events) return;
      this.wait = Math.min(60000, this.wait * 2);
      await sleep(this.wait);
      if (this.events !== events) return;
      this.events = null;
      this.catchUp().catch(() => {});
      this.listen();
    };
  }

  async catchUp() {
    const era = this.era;
    const { turns } = await call(this.api + "chat/history?conversation=" + this.token, "GET");
    if (era === this.era) turns.forEach((turn) => turn.replies.forEach((each) => this.take(each)));
  }

  pause() {
    if (this.events) this.events.close();
    this.events = null;
  }

  reset() {
    this.era++;
    this.pause();
    this.seen.clear();
    this.last = 0;
    this.queue = [];
    this.busy = false;
  }

  // Erases here at once, and there as soon as it can be reached. Returns whether it is gone there too.
  async erase(keepalive) {
    const old = this.token;
    this.reset();
    this.store.clear();
    if (!old) return true;
    const gone = () => call(this.api + "chat?conversation=" + old, "DELETE", null, { keepalive });
    try { await gone(); return true; } catch { /* below */ }
    const later = async () => { try { await gone(); } catch { setTimeout(later, 15000); } };
    setTimeout(later, 5000);
    return false;
  }
}
