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
