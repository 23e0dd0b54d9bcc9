// The studio's own script. Nothing here is needed to do anything: every action is a plain form or link.
"use strict";

/** What pages' scripts share: `studio.post(path, fields)` sends like a form and says when the session is gone. */
window.studio = {
  token: () => document.querySelector("meta[name=csrf-token]")?.content ?? "",

  /**
   * Send fields to a path.
   * @param {string} path within /studio
   * @param {FormData|Object} fields what to send; the form's token is added
   * @returns {Promise<Response>} 401 means signed out, 409 with code form_expired that the page is of an earlier session
   */
  post(path, fields) {
    const body = new URLSearchParams(fields instanceof FormData ? [...fields].filter(([, v]) => typeof v === "string") : fields);
    body.set("csrf", studio.token());
    return fetch(path, { method: "POST", body, headers: { Accept: "application/json, text/html;q=0.5" }, credentials: "same-origin" });
  },
};

// What is typed into these forms is kept nowhere before it is sent: whoever goes elsewhere is asked first. A form that came
// back with what could not be taken (data-asks="always") still holds the only copy. Answers save themselves: editing.js.
(() => {
  let sending = null;
  window.addEventListener("submit", (event) => { if (!event.defaultPrevented) sending = event.target; });
  window.addEventListener("pageshow", () => { sending = null; });
  const unsent = (area) =>
    area.form !== sending && area.value.trim() && (area.value !== area.defaultValue || area.form.dataset.asks === "always");
  window.addEventListener("beforeunload", (event) => {
    if ([...document.querySelectorAll("form[data-asks] textarea")].some(unsent)) event.preventDefault();
  });
})();

// The second press of an impatient finger sends nothing: the first one's answer is on its way. A page that comes back, or
// an answer that never comes, frees the form again.
(() => {
  const FREE_AFTER = 8000, sent = new Set();
  window.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (sent.has(form)) { event.preventDefault(); return; }
    sent.add(form);
    setTimeout(() => sent.delete(form), FREE_AFTER);
  });
  window.addEventListener("pageshow", () => sent.clear());
})();
