// Moving the conversation to another device with a code, keeping it as a file, printing it.

// The code's picture is drawn anew from its path: no markup from outside, and nothing that a page's policy forbids.
function drawing(svg, name) {
  const path = (/ d="([Mmhv0-9 .-]+)"/.exec(svg) || [])[1], size = (/(?:width|viewBox)="(?:0 0 )?(\d+)/.exec(svg) || [])[1];
  if (!path || !size) return null;
  const scale = (/scale\((\d+)\)/.exec(svg) || [0, 1])[1];
  const make = (tag, attributes, ...children) => {
    const node = doc.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    node.append(...children);
    return node;
  };
  return make("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": name, class: "qr" },
    make("rect", { width: size, height: size, fill: "#fff" }), make("path", { d: path, stroke: "#000", transform: `scale(${scale})` }));
}

async function offer(chat, place) {
  try {
    if (!chat.talk.token) await chat.talk.begin(chat.language);
    const { code, minutes, link: url, qr } = await call(chat.talk.api + "handover", "POST", { conversation: chat.talk.token });
    const shown = el("output", { class: "code", text: code, tabindex: -1 });
    place.replaceChildren(el("p", { text: chat.t("elsewhere_help", { minutes }) }), shown);
    if (url) place.append(el("p", {}, link(url, chat.t("telegram"))));
    if (qr) place.append(drawing(qr, chat.t("qr")) || "");
    shown.focus();
  } catch { chat.note("failed"); }
}

function askCode(chat, place) {
  const name = "c" + newId();
  const input = el("input", { id: name, autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: 20, required: true });
  const form = el("form", { onsubmit: async (event) => {
    event.preventDefault();
    try {
      const { conversation } = await call(chat.talk.api + "handover/take", "POST", { code: input.value.trim(), conversation: chat.talk.token });
      await chat.adopt(conversation);
    } catch (error) { chat.note(error.status ? "code_wrong" : "failed"); }
  } }, el("label", { for: name, text: chat.t("code") }), input, el("button", { text: chat.t("take") }));
  place.replaceChildren(form);
  input.focus();
}

function transcript(chat) {
  const said = chat.said.map(({ mine, lines }) => chat.t(mine ? "you" : "assistant") + ":\n" + lines.join("\n"));
  return chat.t("transcript", { service: chat.config.service }) + "\n" + new Date().toLocaleString(chat.language) + "\n\n" + said.join("\n\n") + "\n";
}

function download(chat) {
  const url = URL.createObjectURL(new Blob([transcript(chat)], { type: "text/plain;charset=utf-8" }));
  const anchor = el("a", { href: url, download: "guidepost.txt" });
  chat.root.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

// Paper shows the conversation alone: for the time of printing the rest of the page is set aside.
function print(chat) {
  const page = el("pre", { class: "guidepost-print", lang: chat.language, dir: "auto", text: transcript(chat) }), sheet = new CSSStyleSheet();
  sheet.replaceSync("@media screen{.guidepost-print{display:none}}@media print{body>:not(.guidepost-print){display:none!important}.guidepost-print{white-space:pre-wrap;font:12pt/1.4 sans-serif}}");
  const before = doc.adoptedStyleSheets;
  doc.adoptedStyleSheets = [...before, sheet];
  doc.body.append(page);
  const done = () => { page.remove(); doc.adoptedStyleSheets = before; };
  addEventListener("afterprint", done, { once: true });
  window.print();
}
