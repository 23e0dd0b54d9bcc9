// The page of the Telegram stand-in. Texts go in by textContent only; entities become elements, never markup.
"use strict";
const $ = (id) => document.getElementById(id);
const TAGS = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote",
  expandable_blockquote: "blockquote", spoiler: "span" };
const MEDIA = { voice: "Voice note", audio: "Music", photo: "Photo", document: "Document", sticker: "Sticker", contact: "Contact",
  location: "Location", video: "Video", video_note: "Round video", poll: "Poll", dice: "Dice" };
const drawn = new Map();
let state = null, typingUntil = 0, actions = 0;

function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function linkTo(url) {
  const link = make("a");
  // Anything but the web stays plain: an address in a message must not run a script.
  if (/^https?:\/\//i.test(url)) Object.assign(link, { href: url, target: "_blank", rel: "noopener noreferrer" });
  return link;
}

// Offsets count UTF-16 units, as JavaScript's strings do.
function formatted(text, entities, from = 0, to = text.length) {
  const part = document.createDocumentFragment();
  let at = from;
  const inside = entities.filter((e) => e.offset >= from && e.offset + e.length <= to)
    .sort((a, b) => a.offset - b.offset || b.length - a.length);
  for (const entity of inside) {
    if (entity.offset < at) continue; // lies in one that is drawn already
    part.append(text.slice(at, entity.offset));
    const end = entity.offset + entity.length, covered = text.slice(entity.offset, end);
    let element;
    if (entity.type === "text_link") element = linkTo(entity.url);
    else if (entity.type === "url") element = linkTo(covered);
    else element = make(TAGS[entity.type] || "span");
    if (entity.type === "spoiler") { element.className = "spoiler"; element.tabIndex = 0; }
    element.append(formatted(text, inside.filter((e) => e !== entity && !(e.offset === entity.offset && e.length > entity.length)), entity.offset, end));
    part.append(element);
    at = end;
  }
  part.append(text.slice(at, to));
  return part;
}

async function act(wish) {
  $("notice").textContent = "";
  try {
    const answer = await fetch("/chat/do", { method: "POST", body: JSON.stringify(wish), headers: { "content-type": "application/json" } });
    const content = await answer.json();
    $("notice").textContent = content.answer;
  } catch {
    $("notice").textContent = "The stand-in does not answer. Is it still running?";
  }
  await refresh();
}

function draw(message) {
  const article = make("article", undefined, message.own ? "own" : "bot");
  article.append(make("span", message.own ? "You:" : "Guidepost:", "hidden"));
  const box = make("div", undefined, "text");
  box.dir = "auto";
  const text = message.text || message.caption || "";
  for (const [name, label] of Object.entries(MEDIA)) if (message[name]) box.append(make("span", `[${label}] `));
  if (message.venue) box.append(make("strong", `${message.venue.title}, ${message.venue.address} `));
  if (message.location) {
    const { latitude, longitude } = message.location;
    const link = linkTo(`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}`);
    link.append(`${latitude}, ${longitude}`);
    box.append(link);
  }
  box.append(formatted(text, message.entities || message.caption_entities || []));
  article.append(box);
  const notes = [message.edit_date ? "edited" : "", ...(state.reactions[message.message_id] || []).map((r) => r.emoji || "")].filter(Boolean);
  if (notes.length) article.append(make("div", notes.join(" "), "note"));
  let number = 0;
  for (const buttons of (message.reply_markup || {}).inline_keyboard || []) {
    const row = make("div", undefined, "row");
    for (const button of buttons) {
      const index = number++;
      const element = make("button", button.text);
      element.type = "button";
      element.dir = "auto";
      element.addEventListener("click", () => {
        if (button.callback_data) act({ do: "click", message: message.message_id, button: index });
        else if (/^https?:\/\//i.test(button.url || "")) window.open(button.url, "_blank", "noopener");
        else $("notice").textContent = "This button does something that the stand-in's page can't show.";
      });
      row.append(element);
    }
    article.append(row);
  }
  return article;
}

function show() {
  const list = $("messages"), atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const there = new Set();
  for (const message of state.messages) {
    const key = message.message_id, print = JSON.stringify([message, state.reactions[key]]);
    there.add(key);
    const old = drawn.get(key);
    if (old && old.print === print) continue;
    const focused = old && old.element.contains(document.activeElement)
      ? [...old.element.querySelectorAll("button")].indexOf(document.activeElement) : -1;
    const element = draw(message);
    if (old) old.element.replaceWith(element); else list.append(element);
    // A ticked box is drawn anew: the keyboard's place stays on it.
    if (focused >= 0) { const again = element.querySelectorAll("button")[focused]; if (again) again.focus(); else $("text").focus(); }
    drawn.set(key, { print, element });
  }
  for (const [key, { element }] of drawn) if (!there.has(key)) { element.remove(); drawn.delete(key); }
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function showAround() {
  const select = $("language");
  if (!select.options.length) for (const [code, name] of Object.entries(state.languages)) select.append(new Option(name, code));
  select.value = state.language;
  $("block").textContent = state.blocked ? "Unblock the bot" : "Block the bot";
  $("block").dataset.do = state.blocked ? "unblock" : "block";
  const menu = JSON.stringify(state.menu);
  if ($("commands").dataset.menu !== menu) {
    $("commands").dataset.menu = menu;
    $("commands").replaceChildren(...state.menu.map((command) => {
      const element = make("button", `/${command.command}`);
      element.type = "button";
      element.title = command.description;
      element.addEventListener("click", () => act({ do: "send", text: `/${command.command}` }));
      return element;
    }));
  }
  if (state.actions > actions) { actions = state.actions; typingUntil = Date.now() + 5000; }
  const newest = state.messages[state.messages.length - 1];
  const typing = Date.now() < typingUntil && newest && newest.own;
  if (state.refused.length) $("notice").textContent = `Telegram would refuse: ${state.refused[state.refused.length - 1]}`;
  else if (typing && !$("notice").textContent) $("notice").textContent = "Guidepost is typing …";
  else if (!typing && $("notice").textContent === "Guidepost is typing …") $("notice").textContent = "";
}

async function refresh() {
  try {
    state = await (await fetch("/chat/state")).json();
    show();
    showAround();
  } catch {
    $("notice").textContent = "The stand-in does not answer. Is it still running?";
  }
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  $("text").value = "";
  if (text) act({ do: "send", text });
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $("form").requestSubmit(); }
});
$("tools").addEventListener("click", (event) => { if (event.target.dataset.do) act({ do: event.target.dataset.do }); });
$("language").addEventListener("change", (event) => act({ do: "language", language: event.target.value }));
(async function poll() { await refresh(); setTimeout(poll, 500); })();
