"use strict";
// Shows the chat as chosen, and writes down the lines that make it so.
(() => {
  const form = document.getElementById("options"), { pack, copied } = document.body.dataset;
  const quote = (value) => value.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
  let chat = null;

  function chosen() {
    const data = { pack };
    for (const [name, value] of new FormData(form)) if (value && !(name === "color" && value === "#0b5394")) data[name] = value;
    return data;
  }

  function update() {
    const data = chosen(), attributes = Object.entries(data).map(([name, value]) => ` data-${name}="${quote(value)}"`).join("");
    document.getElementById("snippet").textContent = `<script src="${location.origin}/widget.js"${attributes} async></` + "script>";
    const { lang, theme, color, greeting } = data, frame = document.getElementById("frame");
    const query = new URLSearchParams(Object.entries({ lang, theme, color, greeting }).filter(([, value]) => value));
    frame.textContent = frame.textContent.replace(/src="[^"]*"/, () => `src="${location.origin}/embed?${quote(String(query))}"`);
    document.body.dataset.side = data.position || "right";
    if (chat) chat.remove();
    chat = document.createElement("guidepost-chat");
    Object.assign(chat.dataset, data, { id: "playground", server: location.origin });
    document.body.append(chat);
  }

  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById("snippet").textContent);
    document.getElementById("copied").textContent = copied;
  });
  update();
})();
