// Moves the progress bars of builds; without it the page of a build loads itself anew.
"use strict";

const OVER = ["done", "failed", "cancelled"];

for (const box of document.querySelectorAll("[data-build]")) {
  const bar = box.querySelector("progress"), status = box.querySelector("[data-status]");
  const timer = setInterval(async () => {
    let answer;
    try {
      answer = await fetch(`/studio/releases/builds/${box.dataset.build}/progress`, { headers: { Accept: "application/json" } });
    } catch {
      return; // the server is briefly away: the next second asks again
    }
    if (!answer.ok) return;
    const now = await answer.json();
    if (OVER.includes(now.state)) {
      clearInterval(timer);
      location.reload();
      return;
    }
    bar.value = now.percent;
    for (const step of box.querySelectorAll("[data-step]")) {
      if (step.dataset.step === now.step) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    }
    // Only what changed is said aloud by a screen reader.
    if (status.textContent !== now.text) status.textContent = now.text;
  }, 1000);
}
