// The answer form with a script: saves by itself, shows the preview while typing, tells who else is here, helps with
// lists. Without it everything works by the form's buttons.
"use strict";
(() => {
  const form = document.getElementById("answer"), preview = document.getElementById("preview");
  const SAVE_AFTER = 2000, PREVIEW_AFTER = 400, BEAT = 15000, RETRY = 10000;

  /** Show one channel's look at a time, chosen by tabs; the choice is kept when the preview is renewed. */
  let chosen = "widget";
  function tabs() {
    if (!preview) return;
    const looks = [...preview.querySelectorAll("[data-look]")];
    const bar = document.createElement("div");
    bar.className = "tabs"; bar.setAttribute("role", "tablist"); bar.setAttribute("aria-label", preview.dataset.tabs);
    const buttons = looks.map((look) => {
      const button = document.createElement("button");
      button.type = "button"; button.id = "tab-" + look.dataset.look; button.textContent = look.querySelector("h3").textContent;
      button.setAttribute("role", "tab"); button.setAttribute("aria-controls", "look-" + look.dataset.look);
      look.id = "look-" + look.dataset.look; look.setAttribute("role", "tabpanel"); look.tabIndex = 0;
      look.removeAttribute("aria-label"); look.setAttribute("aria-labelledby", button.id);
      button.addEventListener("click", () => choose(look.dataset.look));
      return button;
    });
    function choose(name, focus) {
      chosen = name;
      looks.forEach((look, n) => {
        const on = look.dataset.look === name;
        look.hidden = !on; buttons[n].setAttribute("aria-selected", String(on)); buttons[n].tabIndex = on ? 0 : -1;
        if (on && focus) buttons[n].focus();
      });
    }
    bar.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const at = looks.findIndex((look) => look.dataset.look === chosen);
      choose(looks[(at + step + looks.length) % looks.length].dataset.look, true);
    });
    bar.append(...buttons);
    preview.classList.add("scripted");
    preview.prepend(bar);
    choose(looks.some((look) => look.dataset.look === chosen) ? chosen : "widget");
  }
  tabs();
  if (!form) return;

  const at = new URL(form.action), base = at.pathname, query = at.search;
  const saved = document.getElementById("saved"), present = document.getElementById("presence");
  const seen = form.elements.namedItem("seen");
  let saveTimer = 0, previewTimer = 0, dirty = false, unsent = false, saving = false, stopped = false, leaving = false;

  form.querySelectorAll(".no-script").forEach((button) => button.remove());

  function fields() { return new FormData(form); }

  async function renew() {
    const had = preview.contains(document.activeElement);
    try {
      const response = await studio.post(base + "/preview" + query, fields());
      if (!response.ok) return;
      preview.innerHTML = await response.text(); // our own server's escaped template
      tabs();
      if (had) preview.querySelector("[aria-selected=true]")?.focus();
      document.body.dataset.preview = String(Number(document.body.dataset.preview || 0) + 1);
    } catch { /* offline: the next change tries again */ }
  }

  // A colleague's change that was joined on the server is put into its box, unless somebody typed there meanwhile:
  // then the field is "unsure" and the server keeps both texts. Ticks that a colleague changed are "left" as they are.
  const touched = new Set();
  function marked(kind, name) { return [...form.querySelectorAll(`input[name=${kind}]`)].find((each) => each.value === name); }
  function mark(kind, name, on) {
    const there = marked(kind, name);
    if (!on) { there?.remove(); return; }
    if (there) return;
    const input = document.createElement("input");
    input.type = "hidden"; input.name = kind; input.value = name;
    form.append(input);
  }
  function join(joined) {
    for (const input of form.querySelectorAll("input[name=unsure]")) if (!(input.value in joined)) input.remove();
    for (const [name, text] of Object.entries(joined)) {
      const box = document.getElementById("f-" + name);
      if (touched.has(name)) { mark("unsure", name, true); mark("left", name, false); }
      else if (box && box.name === name && box.tagName !== "SELECT") box.value = text;
      else mark("left", name, true);
    }
  }

  // Beside the buttons, which stay in sight on a page of any length.
  function say(text, problem = false) {
    saved.classList.toggle("problem", problem);
    if (saved.textContent !== text) saved.textContent = text;
  }

  // How the text stands after a save. Not a live region: what is new is said once, by the message beside the buttons.
  function stands({ state, languages, draft }) {
    for (const [id, html] of [["draft-state", state], ["languages", languages]]) {
      const there = document.getElementById(id), at = document.activeElement;
      const link = there.contains(at) ? at.getAttribute("href") : null;
      there.innerHTML = html; // our own server's escaped template
      if (link) [...there.querySelectorAll("a")].find((each) => each.getAttribute("href") === link)?.focus();
    }
    form.querySelector("button[value=discard]").hidden = !draft;
  }

  async function save() {
    if (saving || stopped || leaving || !dirty) return;
    saving = true; dirty = false; touched.clear();
    let again = false;
    say(form.dataset.saving);
    try {
      const sent = fields();
      sent.set("do", "save");
      for (const name of ["new_statement", "new_title", "new_url", "new_date"]) sent.delete(name);
      const body = new URLSearchParams([...sent].filter(([, value]) => typeof value === "string"));
      const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
      const answer = await response.json();
      if (answer.state) stands(answer);
      if (response.ok) { join(answer.joined); seen.value = answer.seen; say(answer.message); }
      else if (response.status === 409 && answer.conflicts) {
        // Both texts are stored. Press "Save" to see them side by side: nobody's page changes while they type.
        join(answer.joined);
        seen.value = answer.seen;
        say(answer.message, true);
      } else {
        dirty = true;
        // Out of order or too busy passes by itself; what was refused would be refused again.
        if (response.status >= 500 || response.status === 429) again = true; else stopped = true;
        const signedOut = response.status === 401 || answer.code === "form_expired";
        say(signedOut ? form.dataset.signedOut : `${answer.message} ${again ? form.dataset.failed : form.dataset.unsaved}`, true);
      }
    } catch { dirty = true; again = true; say(form.dataset.failed, true); }
    saving = false;
    if (again) { clearTimeout(saveTimer); saveTimer = setTimeout(save, RETRY); }
    else if (dirty && !stopped) later();
  }

  function tell(text) {
    present.hidden = !text;
    if (present.textContent !== text) present.textContent = text;
  }

  function later() { clearTimeout(saveTimer); saveTimer = setTimeout(save, SAVE_AFTER); }

  form.addEventListener("input", (event) => {
    clearTimeout(previewTimer); previewTimer = setTimeout(renew, PREVIEW_AFTER);
    // A new fact is saved by its own button, or with the form, and not while it is being typed.
    if (event.target.hasAttribute("data-quiet")) unsent = true;
    if (event.target.hasAttribute("data-quiet") || event.target.name === "decided") return;
    const name = event.target.name;
    touched.add(name);
    if (marked("left", name)) { mark("left", name, false); mark("unsure", name, true); }
    dirty = true;
    if (!stopped) say(form.dataset.unsaved);
    later();
  });
  form.addEventListener("submit", () => { leaving = true; clearTimeout(saveTimer); });
  window.addEventListener("pageshow", () => { leaving = false; });
  window.addEventListener("beforeunload", (event) => { if ((dirty || unsent) && !leaving) event.preventDefault(); });

  async function beat() {
    if (document.hidden) return;
    try {
      const response = await studio.post(base + "/presence" + query, { seen: seen.value });
      if (!response.ok) return;
      const { here, newer } = await response.json();
      tell([here, newer].filter(Boolean).join(" "));
    } catch { /* offline */ }
  }
  beat();
  setInterval(beat, BEAT);
  window.addEventListener("pagehide", () => {
    const body = new URLSearchParams({ gone: "1", csrf: studio.token() });
    navigator.sendBeacon(base + "/presence" + query, body);
  });

  // Lists: a button for a new line, and moving the line with the cursor.
  function tool(text, act) {
    const button = document.createElement("button");
    button.type = "button"; button.className = "quiet"; button.textContent = text;
    button.addEventListener("click", act);
    return button;
  }
  function put(box, value, begin, end = begin) {
    box.value = value;
    box.focus();
    box.setSelectionRange(begin, end);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function move(box, step) {
    const lines = box.value.split("\n"), row = box.value.slice(0, box.selectionStart).split("\n").length - 1, to = row + step;
    if (to < 0 || to >= lines.length) { box.focus(); return; }
    [lines[row], lines[to]] = [lines[to], lines[row]];
    const begin = lines.slice(0, to).join("\n").length + (to ? 1 : 0);
    put(box, lines.join("\n"), begin, begin + lines[to].length);
  }
  for (const box of form.querySelectorAll("textarea[data-list]")) {
    const label = form.querySelector(`label[for="${box.id}"]`).textContent, bar = document.createElement("div");
    bar.className = "tools"; bar.setAttribute("role", "group"); bar.setAttribute("aria-label", label);
    const links = box.dataset.list === "links";
    bar.append(tool(links ? form.dataset.link : form.dataset.item, () => {
      const before = box.value.replace(/\s+$/, ""), start = before ? before + "\n" : "";
      const added = links ? "https://" : "";
      put(box, start + added, (start + added).length);
    }), tool(form.dataset.up, () => move(box, -1)), tool(form.dataset.down, () => move(box, 1)));
    box.addEventListener("keydown", (event) => {
      if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) { event.preventDefault(); move(box, event.key === "ArrowUp" ? -1 : 1); }
    });
    box.after(bar);
  }
  document.body.dataset.ready = "yes";
})();
