// Bold, italic and links in the answer form: buttons and keys that write the signs around the selected words. What they
// write is typed into the box, so the browser's own undo takes it back. Without a script one types the signs.
"use strict";
(() => {
  const help = document.getElementById("marks-help"), said = help?.dataset;
  if (!help) return;
  const KEYS = { b: "bold", i: "italic", k: "link" }, SIGNS = { bold: "**", italic: "*" };
  const LINK = /\[((?:\\.|[^\[\]\\\n])*)\]\(([^()\s]*)\)/g;
  const WORD = /[\p{L}\p{N}_'’-]/u;

  /** Type a text over a stretch of a box, as if by hand, and select a part of it. */
  function type(box, begin, end, text, from, to) {
    box.focus();
    box.setSelectionRange(begin, end);
    // Outdated, but the one way that lets the browser undo it.
    const typed = document.execCommand(text ? "insertText" : "delete", false, text);
    if (!typed) {
      box.setRangeText(text, begin, end, "end");
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
    box.setSelectionRange(from, to);
  }

  /** The selection without blanks at its ends; where nothing is selected, the word that the cursor is in. */
  function chosen(box) {
    const text = box.value;
    let begin = box.selectionStart, end = box.selectionEnd;
    if (begin === end) {
      while (begin && WORD.test(text[begin - 1])) begin--;
      while (end < text.length && WORD.test(text[end])) end++;
    }
    while (begin < end && /\s/.test(text[begin])) begin++;
    while (end > begin && /\s/.test(text[end - 1])) end--;
    return [begin, end];
  }

  // Two stars are bold, one is italic, three are both.
  const has = (stars, sign) => (sign === "**" ? stars >= 2 : stars % 2 === 1);
  const stars = (text, atEnd) => (atEnd ? /\**$/ : /^\**/).exec(text)[0].length;
  const isSet = (line, sign) => line.length > 2 * sign.length && has(stars(line), sign) && has(stars(line, true), sign);

  function toggle(box, sign) {
    const text = box.value, size = sign.length;
    let [begin, end] = chosen(box);
    const before = stars(text.slice(0, begin), true), after = stars(text.slice(end));
    if (begin < end && has(before, sign) && has(after, sign)) {
      type(box, begin - size, end + size, text.slice(begin, end), begin - size, end - size);
      return;
    }
    if (begin === end) {
      type(box, begin, end, sign + sign, begin + size, begin + size);
      return;
    }
    // Each line is a text of its own: signs must not reach from one to the next.
    const lines = text.slice(begin, end).split("\n"), off = lines.filter((line) => line.trim()).every((line) => isSet(line.trim(), sign));
    const made = lines.map((line) => {
      const inner = line.trim();
      if (!inner || (!off && isSet(inner, sign))) return line;
      return line.replace(inner, () => (off ? inner.slice(size, -size) : sign + inner + sign));
    }).join("\n");
    const edge = lines.length === 1 && !off ? size : 0;
    type(box, begin, end, made, begin + edge, begin + made.length - edge);
  }

  /** Complete what people paste or type: a site, a mail address, a telephone number. Empty where it is none of them. */
  function address(typed) {
    let url = typed.trim();
    if (/^[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+$/.test(url)) url = "mailto:" + url;
    else if (/^\+?\d[\d ().-]+$/.test(url)) url = "tel:" + url.replace(/[ ()]/g, "");
    else if (/^[^\s/:]+\.[^\s/:.]{2,}(\/\S*)?$/.test(url)) url = "https://" + url;
    url = url.replace(/[ ()<>\\]/g, (sign) => "%" + sign.charCodeAt(0).toString(16));
    return /^(https?:\/\/[^\s/]+\.[^\s/.]{2,}(:\d+)?([/?#]\S*)?|tel:\+?\d[\d.-]+|mailto:\S+@\S+\.\S+)$/.test(url) ? url : "";
  }

  function make(tag, values, ...children) {
    const node = Object.assign(document.createElement(tag), values);
    node.append(...children);
    return node;
  }

  /** Ask for a link's address in a row under the box. */
  function ask(box, bar) {
    document.querySelector(".link-row")?.remove();
    const text = box.value, back = [box.selectionStart, box.selectionEnd];
    let [begin, end] = chosen(box), words = text.slice(begin, end).split("\n")[0], old = "";
    end = begin + words.length;
    for (const found of text.matchAll(LINK)) {
      if (found.index <= back[0] && back[1] <= found.index + found[0].length) {
        [begin, end, words, old] = [found.index, found.index + found[0].length, found[1], found[2]];
      }
    }
    const input = make("input", { id: box.id + "-address", value: old, inputMode: "url", autocomplete: "off", spellcheck: false, placeholder: "https://" });
    const wrong = make("p", { id: box.id + "-wrong", className: "error" });
    wrong.setAttribute("role", "alert");
    input.dataset.quiet = "";
    input.setAttribute("aria-describedby", wrong.id);
    const row = make("div", { className: "link-row" });
    const leave = () => { row.remove(); box.focus(); box.setSelectionRange(...back); };
    const put = (made, from) => { row.remove(); type(box, begin, end, made, from, from); };
    const insert = () => {
      const url = address(input.value);
      if (!url) {
        wrong.textContent = said.wrong;
        input.setAttribute("aria-invalid", "true");
        input.focus();
        return;
      }
      const shown = old ? words : words.replace(/[\[\]]/g, "\\$&");
      const web = url.startsWith("http"), made = shown || !web ? `[${shown || input.value.trim().replace(/^(tel|mailto):/, "")}](${url})` : `<${url}>`;
      put(made, begin + made.length);
    };
    const button = (name, act) => make("button", { type: "button", className: "quiet", textContent: name, onclick: act });
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", said.link);
    row.append(make("label", { htmlFor: input.id, textContent: said.address }), input, button(said.insert, insert),
      ...(old ? [button(said.remove, () => put(words, begin + words.length))] : []), button(said.cancel, leave), wrong);
    row.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.preventDefault(); leave(); }
      if (event.key === "Enter" && event.target === input) { event.preventDefault(); insert(); }
    });
    box.after(row);
    input.focus();
    input.select();
  }

  for (const box of document.querySelectorAll("textarea[data-marks]")) {
    const bar = make("div", { className: "tools marks" });
    const acts = { bold: () => toggle(box, SIGNS.bold), italic: () => toggle(box, SIGNS.italic), link: () => ask(box, bar) };
    const buttons = Object.entries(KEYS).map(([key, name], n) => {
      const button = make("button", { type: "button", className: "quiet " + name, textContent: said[name], title: `${said[name]} (Ctrl+${key.toUpperCase()})`, tabIndex: n ? -1 : 0 });
      button.setAttribute("aria-keyshortcuts", `Control+${key.toUpperCase()} Meta+${key.toUpperCase()}`);
      button.addEventListener("click", acts[name]);
      // The box keeps its selection while a button is pressed with the mouse.
      button.addEventListener("mousedown", (event) => event.preventDefault());
      return button;
    });
    // One stop for the Tab key; the arrows go from button to button. Only the box that is worked on shows its toolbar.
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", said.toolbar);
    bar.setAttribute("aria-controls", box.id);
    bar.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], at = buttons.indexOf(event.target);
      if (!step || at < 0) return;
      event.preventDefault();
      buttons[at].tabIndex = -1;
      const next = buttons[(at + step + buttons.length) % buttons.length];
      next.tabIndex = 0;
      next.focus();
    });
    bar.append(...buttons);
    box.before(bar);
    box.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      // On an Armenian or Russian keyboard the key is known by its place.
      const letter = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace("Key", "").toLowerCase();
      if (!KEYS[letter]) return;
      event.preventDefault();
      acts[KEYS[letter]]();
    });
  }
})();
