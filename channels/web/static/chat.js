"use strict";
// The chat page. Everything people and editors write is put in as text, never as markup.
(() => {
  const body = document.body, log = document.getElementById("log"), form = document.getElementById("form"), box = document.getElementById("text");
  const texts = body.dataset, KEY = "guidepost-conversation", shown = new Set();
  let token = stored(), events = null, opening = false;

  function stored() { try { return localStorage.getItem(KEY); } catch { return null; } }
  function store(value) { try { value ? localStorage.setItem(KEY, value) : localStorage.removeItem(KEY); } catch { /* private window: the conversation ends with the page */ } }

  function el(tag, options = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "text") node.textContent = value;
      else if (name === "class") node.className = value;
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter(Boolean));
    return node;
  }

  function link(url, title) {
    const safe = /^https?:\/\//.test(url);
    return safe ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank", text: title }) : el("span", { text: title });
  }

  function choices(block) {
    const buttons = block.options.map((option) => el("button", { type: "button", "data-choice": option.id, text: option.title, onclick: () => choose(option) }));
    return el("div", {}, el("p", { text: block.prompt }), el("div", { class: "choices" }, ...buttons));
  }

  function answer(block) {
    const parts = [el("h2", { text: block.title })];
    if (block.notice) parts.push(el("p", { class: "note", text: block.notice }));
    parts.push(el("p", { text: block.summary }));
    for (const section of block.sections) {
      parts.push(el("h3", { text: section.heading }));
      if (section.items.length) parts.push(el(section.kind === "steps" ? "ol" : "ul", {}, ...section.items.map((item) => el("li", { text: item }))));
      else parts.push(el("p", { text: section.text }));
    }
    if (block.note) parts.push(el("p", { class: "note", text: block.note }));
    if (block.links.length) parts.push(el("p", {}, ...block.links.flatMap((each, n) => [n ? document.createTextNode(" · ") : null, link(each.url, each.title)])));
    const sources = block.sources.map((source) => el("li", {}, link(source.url, source.title), document.createTextNode(` (${source.date_text})`)));
    parts.push(el("div", { class: "sources" }, el("h3", { text: block.sources_heading }), el("ul", {}, ...sources), el("p", { class: "checked", text: block.verified_text })));
    return el("div", { lang: block.language }, ...parts);
  }

  function handoff(block) {
    const calls = block.phones.map((phone) => el("a", { href: "tel:" + phone.replace(/[^\d+]/g, ""), text: phone }));
    return el("div", {}, el("p", { text: block.text }), el("p", {}, ...calls.flatMap((call, n) => [n ? document.createTextNode(" · ") : null, call])));
  }

  const renderers = { text: (block) => el("p", { text: block.text }), answer, choices, handoff };

  function bubble(kind, ...children) {
    const who = kind.startsWith("mine") ? texts.you : texts.assistant;
    const node = el("article", { class: "message " + kind }, el("span", { class: "hidden", text: who + ": " }), ...children);
    log.append(node);
    return node;
  }

  function show(numbered) {
    if (numbered.id && shown.has(numbered.id)) return;
    if (numbered.id) shown.add(numbered.id);
    if (numbered.reply.introduction && log.querySelector(".introduction")) return;
    const reply = numbered.reply;
    const node = bubble((reply.introduction ? "introduction " : "") + reply.outcome, ...reply.blocks.map((block) => renderers[block.kind](block)));
    node.lang = reply.language;
    node.dataset.outcome = reply.outcome;
    if (reply.question) node.dataset.question = reply.question;
    node.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  async function call(method, url, data) {
    const response = await fetch(url, { method, headers: data ? { "Content-Type": "application/json" } : {}, body: data ? JSON.stringify(data) : undefined });
    const result = await response.json();
    if (!response.ok) throw Object.assign(new Error(result.message), { code: result.code });
    return result;
  }

  // A message keeps its id when it is sent again, so it is answered once however often the network fails.
  async function send(message, label) {
    const mine = bubble("mine", document.createTextNode(label));
    mine.scrollIntoView({ block: "end" });
    await deliver({ ...message, message_id: crypto.randomUUID ? crypto.randomUUID() : String(Date.now()) + Math.random(), language: texts.language });
  }

  async function deliver(message) {
    const waiting = bubble("status", document.createTextNode(texts.thinking));
    try {
      let result;
      try { result = await call("POST", "/api/chat", { ...message, conversation: token }); }
      catch (error) {
        if (error.code !== "unknown_conversation") throw error;
        token = null; // erased elsewhere: begin anew rather than fail
        result = await call("POST", "/api/chat", { ...message, conversation: null });
      }
      token = result.conversation;
      store(token);
      waiting.remove();
      result.replies.forEach(show);
      listen();
    } catch (error) {
      waiting.remove();
      const failed = bubble("failed", el("p", { text: texts.failed }), el("button", { type: "button", text: texts.again, onclick: () => { failed.remove(); deliver(message); } }));
    }
  }

  function choose(option) { send({ choice: option.id }, option.title); }

  function listen() {
    if (events || !token) return;
    events = new EventSource("/api/chat/events?conversation=" + token + "&after=" + Math.max(0, ...shown));
    events.addEventListener("reply", (event) => show(JSON.parse(event.data)));
  }

  async function open() {
    if (opening) return;
    opening = true;
    const start = await call("POST", "/api/chat/start", { language: texts.language });
    show({ id: 0, reply: start.introduction });
    let turns = [];
    if (token) {
      try { turns = (await call("GET", "/api/chat/history?conversation=" + token)).turns; }
      catch (error) { if (error.code === "unknown_conversation") { token = null; store(null); } }
    }
    for (const turn of turns) {
      const title = [...log.querySelectorAll("button[data-choice]")].find((button) => button.dataset.choice === turn.message.choice);
      bubble("mine", document.createTextNode(turn.message.text || (title && title.textContent) || "…"));
      turn.replies.forEach(show);
    }
    if (!turns.length) bubble("start", el("div", { class: "choices" }, ...start.start.map((option) => el("button", { type: "button", "data-choice": option.id, text: option.title, onclick: () => choose(option) }))));
    listen();
    body.dataset.ready = "yes";
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) return;
    box.value = "";
    send({ text }, text);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
  document.getElementById("human").addEventListener("click", (event) => send({ choice: "human" }, event.target.textContent));
  document.getElementById("erase").addEventListener("click", async () => {
    if (token) { try { await call("DELETE", "/api/chat?conversation=" + token); } catch { bubble("failed", el("p", { text: texts.failed })); return; } }
    if (events) { events.close(); events = null; }
    token = null; store(null); shown.clear(); log.replaceChildren();
    bubble("status", document.createTextNode(texts.erased));
    box.focus();
  });
  open().catch(() => bubble("failed", el("p", { text: texts.failed }), el("button", { type: "button", text: texts.again, onclick: () => location.reload() })));
})();
