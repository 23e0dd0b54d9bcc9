// A reply's blocks: as elements, and as plain lines for downloading, printing and reading aloud.
const isList = (section) => section.items && section.items.length;

// Bold, italic and links lie beside the plain text, the outer before the inner, counted in code points.
function marked(text, marks) {
  const letters = [...text || ""], waiting = [...marks || []];
  const build = (begin, end) => {
    const nodes = [];
    while (waiting.length && waiting[0].start < end) {
      const mark = waiting.shift(), { start, kind, url } = mark;
      nodes.push(letters.slice(begin, start).join(""));
      begin = mark.end;
      const made = kind === "link" ? link(url, "") : el(kind === "bold" ? "strong" : "em");
      made.append(...build(start, begin));
      nodes.push(made);
    }
    nodes.push(letters.slice(begin, end).join(""));
    return nodes;
  };
  return build(0, letters.length);
}
const para = (text, marks, options) => el("p", options, ...marked(text, marks));
const item = (section, n) => marked(section.items[n], (section.item_marks || [])[n]);
// On paper and in files an address stands behind the line.
const addressed = (text, marks, addresses) => [text, ...(addresses && marks || []).filter((mark) => mark.url && !text.includes(mark.url)).map((mark) => "(" + mark.url + ")")].join(" ");

const BLOCKS = {
  text: (block) => [el("p", { text: block.text })],

  answer(block, chat, id) {
    const parts = [el("h3", { text: block.title })];
    if (block.notice) parts.push(el("p", { class: "note", text: block.notice, lang: chat.replyLanguage }));
    parts.push(para(block.summary, block.marks));
    for (const section of block.sections) {
      const name = "s" + newId();
      parts.push(el("h4", { text: section.heading, id: name }));
      if (!isList(section)) parts.push(para(section.text, section.marks));
      else if (section.kind === "documents") parts.push(checklist(section, chat, id, name));
      else parts.push(el(section.kind === "steps" ? "ol" : "ul", {}, ...section.items.map((text, n) => el("li", {}, ...item(section, n)))));
    }
    if (block.note) parts.push(para(block.note, block.note_marks, { class: "note" }));
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
    return el("li", {}, el("label", {}, box, el("span", {}, ...item(section, n))));
  }));
}

const render = (block, chat, id) => (BLOCKS[block.kind] || ((other) => [el("p", { text: other.text || "" })]))(block, chat, id);

function linesOf(reply, addresses) {
  const lines = [];
  for (const block of reply.blocks) {
    if (block.kind === "choices") continue;
    if (block.kind !== "answer") { lines.push(block.text, (block.phones || []).join(" · ")); continue; }
    lines.push(block.title, block.notice, addressed(block.summary, block.marks, addresses));
    for (const section of block.sections) {
      lines.push(section.heading + ":");
      if (isList(section)) section.items.forEach((text, n) => lines.push((section.kind === "steps" ? n + 1 + ". " : "– ") + addressed(text, (section.item_marks || [])[n], addresses)));
      else lines.push(addressed(section.text, section.marks, addresses));
    }
    lines.push(block.note && addressed(block.note, block.note_marks, addresses));
    if (addresses) {
      block.links.forEach((each) => lines.push(each.title + ": " + each.url));
      lines.push(block.sources_heading + ":");
      block.sources.forEach((each) => lines.push("– " + each.title + " (" + each.date_text + "): " + each.url));
    }
    lines.push(block.verified_text);
  }
  return lines.filter(Boolean);
}
