// <guidepost-chat>: the launcher and the panel, in a shadow root, so that neither page nor widget restyles the other.
const sheet = "replaceSync" in CSSStyleSheet.prototype && new CSSStyleSheet();
if (sheet) sheet.replaceSync(CSS);

const media = (query) => matchMedia(query);
const DARK = media("(prefers-color-scheme: dark)"), CONTRAST = media("(prefers-contrast: more)"), CALM = media("(prefers-reduced-motion: reduce)"), NARROW = media("(max-width: 30em)");
const counts = {};

class GuidepostChat extends HTMLElement {
  static observedAttributes = ["data-theme", "data-color", "data-position"];

  connectedCallback() {
    if (this.root) return;
    const data = this.dataset;
    this.server = data.server || HOME;
    this.inline = data.mode === "inline";
    const name = [this.server, data.pack || ""].join(" ");
    counts[name] = (counts[name] || 0) + 1;
    this.store = new Store(name + " " + (data.id || counts[name]), data.remember === "local");
    const wanted = [this.store.data.language, data.lang, doc.documentElement.lang, navigator.language].find(Boolean) || "";
    this.language = (/^[a-z]{2,3}(?![a-z])/i.exec(wanted) || ["xx"])[0].toLowerCase();
    this.shadow = this.attachShadow({ mode: "open" });
    if (sheet) this.shadow.adoptedStyleSheets = [sheet];
    for (const query of [DARK, CONTRAST]) query.addEventListener("change", () => this.paint());
    addEventListener("online", () => { this.note("online"); this.talk.retry(); if (this.began === false) this.begin(); });
    addEventListener("offline", () => this.note("offline"));
    doc.addEventListener("visibilitychange", () => this.attend());
    if (synth) synth.addEventListener("voiceschanged", () => this.voices());
    this.talk = new Talk(this.server, this.store, {
      reply: (numbered) => this.show(numbered),
      state: (item, state) => this.state(item, state),
    });
    this.load();
  }

  attributeChangedCallback() { this.paint(); }

  // The texts of one language; tried again until the server can be reached.
  async load(wait = 2000) {
    try {
      this.config = await call(`${this.server}/widget/texts/${this.language}.json?pack=${encodeURIComponent(this.dataset.pack || "")}`, "GET");
    } catch (error) {
      if (error.status < 500) return console.error("Guidepost: " + error.message);
      return setTimeout(() => this.load(Math.min(60000, wait * 2)), wait);
    }
    this.language = this.talk.language = this.config.language;
    this.build();
    const kept = this.store.data.open;
    if (this.inline || this.wanted || kept || (kept === undefined && this.dataset.open !== undefined && this.dataset.open !== "false" && !NARROW.matches)) this.open(!this.wanted);
    this.emit("ready");
  }

  t(key, values = {}) {
    return (this.config.texts[key] || key).replace(/{(\w+)}/g, (blank, name) => values[name] ?? this.config[name] ?? blank);
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent("guidepost:" + name, { bubbles: true, composed: true, detail }));
  }

  build() {
    const t = (key) => this.t(key), data = this.dataset, id = "g" + newId();
    Object.assign(this, { said: [], titles: {}, bubbles: {}, introduced: false, began: null });
    this.log = el("div", { role: "log", class: "log", tabindex: 0, "aria-label": t("log") });
    this.status = el("p", { role: "status", class: "status" });
    this.box = el("textarea", { id: id + "b", rows: 1, maxlength: 20000, placeholder: t("placeholder"), dir: "auto", onkeydown: (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.submit(); }
    } });
    const form = el("form", { class: "write", onsubmit: (event) => { event.preventDefault(); this.submit(); } },
      el("label", { class: "hidden", for: id + "b", text: t("placeholder") }), this.box, el("button", { class: "send", text: t("send") }));
    this.place = el("div", { class: "place" });
    const languages = el("select", { id: id + "l", onchange: () => this.speak(languages.value) },
      ...Object.entries(this.config.languages).map(([code, text]) => el("option", { value: code, text, lang: code, selected: code === this.language })));
    this.menu = el("div", { class: "menu", id: id + "m", hidden: true },
      el("label", { for: id + "l", text: t("language") }), languages,
      button(t("elsewhere"), () => offer(this, this.place)), button(t("have_code"), () => askCode(this, this.place)),
      button(t("download"), () => download(this)), button(t("print"), () => print(this)), this.place);
    this.more = button(t("more"), () => this.toggleMenu(), { class: "quiet", "aria-expanded": "false", "aria-controls": id + "m" });
    const header = el("header", {},
      el("div", { class: "who" }, el("h2", { id: id + "t", text: this.config.service, lang: this.config.serviceLanguage }), el("p", { text: t("title") })),
      this.more,
      !this.inline && button("×", () => this.close(), { class: "quiet close", "aria-label": t("close"), title: t("close") }));
    const footer = el("footer", {}, dictation(this),
      button(t("call"), () => this.pick({ id: "human", title: t("call") }), { class: "quiet human" }),
      button(t("erase"), () => this.erase(), { class: "quiet erase" }),
      button(t("exit"), () => this.leave(), { class: "quiet exit" }));
    this.panel = el(this.inline ? "section" : "dialog", { class: "panel", "aria-labelledby": id + "t", onkeydown: (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      if (this.menu.hidden) this.close(); else this.toggleMenu();
    } }, header, this.menu, this.log, this.status, form, footer);
    this.launcher = !this.inline && button(data.launcher || t("open"), () => this.open(), { class: "launcher", "aria-haspopup": "dialog" });
    const dir = data.dir || (/^(ar|fa|he|ur|ps|ckb)/.test(this.language) ? "rtl" : "ltr");
    this.root = el("div", { class: "root", lang: this.language, dir }, this.launcher, this.panel);
    this.shadow.replaceChildren(this.root);
    if (!sheet) this.shadow.append(el("style", { text: CSS }));
    this.paint();
  }

  // Theme and colours. On the owner's accent, black or white is written, whichever reads better.
  paint() {
    if (!this.root) return;
    const { theme, color, position } = this.dataset;
    const named = ["light", "dark", "contrast"].includes(theme) && theme;
    Object.assign(this.root.dataset, { theme: named || (CONTRAST.matches ? "contrast" : DARK.matches ? "dark" : "light"), side: position === "left" ? "left" : "right" });
    const style = this.root.style;
    if (color && window.CSS.supports("color", color)) style.setProperty("--guidepost-accent", color);
    else style.removeProperty("--guidepost-accent");
    const pen = Object.assign(el("canvas"), { width: 1, height: 1 }).getContext("2d");
    pen.fillStyle = getComputedStyle(this.root).getPropertyValue("--accent");
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b] = Array.from(pen.getImageData(0, 0, 1, 1).data, (n) => (n / 255 <= 0.04045 ? n / 3294.6 : ((n / 255 + 0.055) / 1.055) ** 2.4));
    style.setProperty("--on-accent", 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff");
  }

  get isOpen() { return !!this.panel && (this.inline || this.panel.hasAttribute("open")); }

  open(quiet) {
    if (!this.panel) { this.wanted = true; return; }
    if (!this.inline) {
      if (this.isOpen) return;
      // A panel that covers the page also takes the keyboard; one beside it leaves the page usable.
      if (NARROW.matches) this.panel.showModal(); else this.panel.setAttribute("open", "");
      this.launcher.hidden = true;
      this.store.set({ open: true });
    }
    if (quiet !== true) this.box.focus();
    this.attend();
    if (!this.began) this.begin();
    this.emit("open");
  }

  close() {
    if (this.inline || !this.isOpen) return;
    this.panel.close();
    this.launcher.hidden = false;
    this.launcher.focus();
    this.store.set({ open: false });
    if (synth) synth.cancel();
    this.attend();
    this.emit("close");
  }

  toggleMenu() {
    this.menu.hidden = !this.menu.hidden;
    this.more.setAttribute("aria-expanded", !this.menu.hidden);
    this.place.replaceChildren();
    if (this.menu.hidden) this.more.focus();
  }

  // Listens only while somebody may be looking: a phone's battery and connections are scarce.
  attend() {
    this.talk.active = this.isOpen && !doc.hidden;
    if (!this.talk.active) this.talk.pause();
    else if (this.began) this.talk.listen();
  }

  async begin(wait = 2000) {
    this.began = true;
    try {
      const first = await this.talk.begin(this.language);
      if (!first) return;
      this.loading = true;
      if (this.dataset.greeting) this.bubble("theirs greeting", "assistant", [this.dataset.greeting], el("p", { text: this.dataset.greeting }));
      this.show({ id: 0, reply: first.introduction });
      first.start.forEach((each) => { this.titles[each.id] = each.title; });
      for (const { message, message_id, replies } of first.turns) {
        if (message && !this.bubbles[message_id] && replies.length) this.mine({ id: message_id, ...message });
        replies.forEach((each) => this.talk.take(each));
      }
      if (!first.turns.length && !this.talk.queue.length) {
        const block = { kind: "choices", prompt: this.t("start"), options: first.start };
        this.bubble("theirs start", "assistant", [], ...render(block, this));
        this.log.scrollTop = 0;
      }
      this.loading = false;
      this.talk.queue.forEach((item) => this.bubbles[item.id] || this.mine(item));
      this.talk.retry();
      this.talk.listen();
      this.dataset.ready = "";
    } catch (error) {
      this.began = false;
      this.loading = false;
      this.note(navigator.onLine ? "trouble" : "offline");
      this.talk.queue.forEach((item) => { if (!this.bubbles[item.id]) { this.mine(item); this.state(item, "waiting"); } });
      await sleep(wait);
      if (this.began === false && navigator.onLine) this.begin(Math.min(60000, wait * 2));
    }
  }

  // A new node each time, so that a screen reader says the same words again.
  note(key, values) { if (this.status) this.status.replaceChildren(el("span", { text: this.t(key, values) })); }

  bubble(kind, who, lines, ...children) {
    const node = el("div", { class: "message " + kind }, el("span", { class: "hidden", text: this.t(who) + ": " }), ...children);
    this.log.append(node);
    if (lines.length) this.said.push({ mine: who === "you", lines });
    return node;
  }

  reveal(node, block) {
    const behavior = CALM.matches || this.loading ? "auto" : "smooth";
    if (this.inline) this.log.scrollTo({ top: block === "end" ? this.log.scrollHeight : node.offsetTop - 8, behavior });
    else node.scrollIntoView({ block, behavior });
  }

  mine(item) {
    const text = item.text || item.label || this.titles[item.choice] || (item.choice === "human" ? this.t("call") : "…");
    const node = this.bubble("mine", "you", [text], el("span", { class: "said", dir: "auto", text }), el("span", { class: "state" }));
    this.bubbles[item.id] = node;
    this.reveal(node, "end");
  }

  state(item, state) {
    const node = this.bubbles[item.id];
    if (!node || node.dataset.state === state) return;
    node.dataset.state = state;
    const again = state === "failed" && button(this.t("again"), () => { this.box.focus(); this.talk.retry(true); });
    node.lastChild.replaceChildren(el("span", { text: this.t(state) }), again || "");
  }

  submit() {
    const text = this.box.value.trim();
    this.box.value = "";
    if (text) this.send({ text });
  }

  pick(option) { this.send({ choice: option.id, label: option.title }); }

  // From buttons and from the site's own code, which passes a string.
  send(message) {
    if (typeof message === "string") { this.open(true); message = { text: message }; }
    const item = { id: newId(), ...message };
    if (!this.menu.hidden) this.toggleMenu();
    this.mine(item);
    this.status.replaceChildren();
    this.talk.say(item);
    this.store.set({ open: true });
    this.emit("message", { from: "visitor" });
  }

  show({ id, reply }) {
    if (reply.introduction) {
      if (this.introduced) return;
      this.introduced = true;
    }
    this.replyLanguage = reply.language;
    for (const block of reply.blocks) for (const each of block.options || []) this.titles[each.id] = each.title;
    const node = this.bubble("theirs " + reply.outcome + (reply.introduction ? " introduction" : ""), "assistant", linesOf(reply, true), ...reply.blocks.flatMap((block) => render(block, this, id)));
    node.lang = reply.language;
    node.dataset.outcome = reply.outcome;
    if (reply.question) node.dataset.question = reply.question;
    node.append(this.tools(id, reply));
    this.voices();
    this.reveal(node, "start");
    if (!this.loading) this.emit("message", { from: "assistant", outcome: reply.outcome, question: reply.question });
  }

  tools(id, reply) {
    const answer = reply.blocks.find((block) => block.kind === "answer"), lang = answer ? answer.language : reply.language;
    const read = button(this.t("read"), () => {
      const going = read.getAttribute("aria-pressed") === "true";
      const set = (on) => { read.setAttribute("aria-pressed", on); read.textContent = this.t(on ? "stop" : "read"); };
      if (going) { synth.cancel(); set(false); return; }
      set(true);
      readAloud(linesOf(reply), lang, () => set(false));
    }, { class: "quiet read", "data-voice": lang, hidden: true });
    const row = el("div", { class: "tools", lang: this.language });
    if (answer) {
      const rate = (rating, text) => button(this.t(text), async (event) => {
        try {
          await call(this.talk.api + "chat/feedback", "POST", { conversation: this.talk.token, reply_id: id, rating });
          this.store.set({ rated: { ...this.store.data.rated, [id]: rating } });
          mark();
          this.note("rated");
        } catch { this.note("failed"); }
      }, { class: "quiet", "data-rating": rating });
      const group = el("div", { role: "group", "aria-label": this.t("helpful"), class: "rate" }, el("span", { text: this.t("helpful") }), rate("up", "yes"), rate("down", "no"));
      const mark = () => group.querySelectorAll("button").forEach((each) => each.setAttribute("aria-pressed", (this.store.data.rated || {})[id] === each.dataset.rating));
      mark();
      row.append(group);
    }
    row.append(read);
    return row;
  }

  voices() {
    if (this.log) this.log.querySelectorAll(".read").forEach((each) => { each.hidden = !voiceFor(each.dataset.voice); });
  }

  async erase() {
    const gone = this.talk.erase();
    this.clear();
    this.box.focus();
    this.note((await gone) ? "erased" : "erased_later");
  }

  clear() {
    Object.assign(this, { said: [], bubbles: {} });
    if (synth) synth.cancel();
    this.log.replaceChildren();
    this.box.value = "";
  }

  // Gone at a tap: the conversation first, then the page, which the back button does not bring back.
  leave() {
    let url = "about:blank";
    if (/^https?:\/\//.test(this.dataset.exit || "")) url = this.dataset.exit;
    this.talk.erase(true);
    this.shadow.replaceChildren();
    try { top.location.replace(url); } catch { location.replace(url); }
  }

  async speak(language) {
    this.store.set({ language });
    this.language = language;
    this.config = await call(`${this.server}/widget/texts/${language}.json`, "GET").catch(() => this.config);
    this.renew();
  }

  async adopt(token) {
    this.talk.reset();
    this.store.set({ token, queue: [], ticks: {}, rated: {} });
    await this.renew();
    this.note("taken");
  }

  // Draws everything anew, e.g. in another language, from what the server has.
  async renew() {
    if (!this.inline && this.isOpen) this.panel.close();
    this.talk.seen.clear();
    this.talk.pause();
    this.build();
    this.began = true;
    this.open();
    await this.begin();
  }
}
