// Looks at lines while they are typed or pasted. Without this script the same is said after "Add".
"use strict";
document.querySelectorAll("form.paste").forEach((form) => {
  const list = form.querySelector(".looked");
  let timer;
  let newest = 0;
  async function look() {
    const mine = ++newest;
    if (!form.elements.text.value.trim()) {
      list.replaceChildren();
      return;
    }
    let answer;
    try {
      answer = await studio.post(form.dataset.look, new FormData(form));
    } catch {
      return; // offline: "Add" will say it
    }
    if (mine !== newest || !(answer.headers.get("content-type") ?? "").startsWith("application/json")) return;
    const found = await answer.json();
    const lines = found.lines ?? [{ text: "", state: "refused", remarks: [found.message ?? ""] }];
    list.replaceChildren(
      ...lines
        .filter((line) => line.remarks.length)
        .map((line) => {
          const item = document.createElement("li");
          item.className = line.state;
          if (line.text) {
            const quote = document.createElement("q");
            quote.textContent = line.text;
            item.append(quote, " ");
          }
          item.append(line.remarks.join(" "));
          return item;
        }),
    );
    list.dataset.looked = String(mine);
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 400);
  });
  // Pasted before this script ran, or put back by the browser after "Back".
  if (form.elements.text.value.trim()) look();
});
