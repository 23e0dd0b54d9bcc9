// A reply's blocks: as elements, and as plain lines for downloading, printing and reading aloud.
const isList = (section) => section.items && section.items.length;

const BLOCKS = {
  text: (block) => [el("p", { text: block.text })],

  answer(block, chat, id) {
    const parts = [el("h3", { text: block.title })];
    if (block.notice) parts.push(el("p", { class: "note", text: block.notice, lang: chat.replyLanguage }));
    parts.push(el("p", { text: block.summary }));
    for (const section of block.sections) {
      const name = "s" + newId();
      parts.push(el("h4", { text: section.heading, id: name }));
      if (!isList(section)) parts.push(el("p", { text: section.text }));
      else if (section.kind === "documents") parts.push(checklist(section, chat, id, name));
      else parts.push(el(section.kind === "steps" ? "ol" : "ul", {}, ...section.items.map((text) => el("li", { text }))));
    }
    if (block.note) parts.push(el("p", { class: "note", text: block.note }));
    if (block.links.length) parts.push(el("ul", { class: "plain" }, ...block.links.map((each) => el("li", {}, link(each.url, each.title)))));
    const sources = block.sources.map((each) => el("li", {}, link(each.url, each.title), el("span", { text: " (" + each.date_text + ")" })));
    parts.push(el("div", { class: "sources" }, el("h4", { text: block.sources_heading }), el("ul", {}, ...sources), el("p", { class: "checked", text: block.verified_text })));
    return [el("div", { lang: block.language }, ...parts)];
  },

  choices: (block, chat) => [
    el("p", { text: block.prompt }),
    el("div", { class: "choices" }, ...block.options.map((each) => button(each.title, () => chat.pick(each), { "data-choice": each.id, lang: each.language }))),
  ],

  handoff: (block) => [
    el("p", { text: block.text }),
    el("p", { class: "calls" }, ...block.phones.map((phone) => el("a", { class: "call", href: "tel:" + phone.replace(/[^\d+]/g, ""), text: phone }))),
  ],
};

// Ticks stay when the page is loaded again.
function checklist(section, chat, id, name) {
  return el("ul", { class: "ticks", "aria-labelledby": name }, ...section.items.map((text, n) => {
    const key = id + "." + n, ticks = chat.store.data.ticks || {};
    const box = el("input", { type: "checkbox", checked: ticks[key], onchange: () => {
      chat.store.set({ ticks: { ...chat.store.data.ticks, [key]: box.checked } });
    } });
    return el("li", {}, el("label", {}, box, el("span", { text })));
  }));
}

const render = (block, chat, id) => (BLOCKS[block.kind] || ((other) => [el("p", { text: other.text || "" })]))(block, chat, id);

function linesOf(reply, addresses) {
  const lines = [];
  for (const block of reply.blocks) {
    if (block.kind === "choices") continue;
    if (block.kind !== "answer") { lines.push(block.text, (block.phones || []).join(" · ")); continue; }
    lines.push(block.title, block.notice, block.summary);
    for (const section of block.sections) {
      lines.push(section.heading + ":");
      if (isList(section)) section.items.forEach((text, n) => lines.push((section.kind === "steps" ? n + 1 + ". " : "– ") + text));
      else lines.push(section.text);
    }
    lines.push(block.note);
    if (addresses) {
      block.links.forEach((each) => lines.push(each.title + ": " + each.url));
      lines.push(block.sources_heading + ":");
      block.sources.forEach((each) => lines.push("– " + each.title + " (" + each.date_text + "): " + each.url));
    }
    lines.push(block.verified_text);
  }
  return lines.filter(Boolean);
}
