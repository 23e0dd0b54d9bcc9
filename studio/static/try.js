// The panel "Try it": asks without leaving the page. Without this script the form opens the page of its own.
"use strict";
(() => {
  const form = document.querySelector("#try-panel form");
  if (!form) return;
  const results = document.querySelector("#try-panel .try-results");
  const text = form.elements.text;
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    results.setAttribute("aria-busy", "true");
    try {
      const answer = await studio.post(form.dataset.panel, new FormData(form));
      if (!(answer.headers.get("content-type") ?? "").startsWith("text/html") || answer.status === 401) {
        form.submit(); // signed out, or the page is of an earlier session: the page of its own keeps what was typed
        return;
      }
      results.innerHTML = await answer.text(); // escaped by the server's templates
    } catch {
      form.submit();
    } finally {
      results.removeAttribute("aria-busy");
    }
  });
})();
