// Making elements. Everything that people and editors write goes in as text, never as markup.
const doc = document, script = doc.currentScript, HOME = script ? new URL(script.src).origin : location.origin;

function el(tag, options, ...children) {
  const node = doc.createElement(tag);
  for (const [name, value] of Object.entries(options || {})) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

const button = (text, onclick, more) => el("button", { type: "button", text, onclick, ...more });

// An address that is not for reading or calling (javascript:, data: …) is shown as plain text.
function link(url, title) {
  let scheme = "";
  try { scheme = new URL(url).protocol; } catch { /* not an address */ }
  if (!/^(https?|tel|mailto):$/.test(scheme)) return el("bdi", { text: title });
  return el("a", { href: url, text: title, rel: "noopener noreferrer", target: /^http/.test(scheme) ? "_blank" : null });
}

// What is kept on the device: for this tab, or with data-remember="local" until it is erased. A browser that
// forbids both keeps it in memory: the conversation then ends with the page.
class Store {
  constructor(name, lasting) {
    this.name = "guidepost:" + name;
    this.data = {};
    try {
      this.area = lasting ? localStorage : sessionStorage;
      this.data = JSON.parse(this.area.getItem(this.name)) || {};
    } catch { /* forbidden or damaged */ }
  }
  set(values) {
    Object.assign(this.data, values);
    try { this.area.setItem(this.name, JSON.stringify(this.data)); } catch { /* forbidden or full */ }
  }
  clear() {
    this.data = {};
    try { this.area.removeItem(this.name); } catch { /* forbidden */ }
  }
}

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
