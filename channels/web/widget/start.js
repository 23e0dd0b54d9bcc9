// Puts the chat on the page that takes in the script, and gives the site's own code its API.
if (!window.Guidepost) {
  const first = () => api.widgets[0];
  const api = window.Guidepost = {
    get widgets() { return [...doc.querySelectorAll("guidepost-chat")]; },
    open: () => first().open(),
    close: () => first().close(),
    send: (text) => first().send(String(text)),
    // Returns a function that ends it.
    on(event, handler) {
      const name = "guidepost:" + event, listener = (happened) => handler(happened.detail || {}, happened.target);
      doc.addEventListener(name, listener);
      return () => doc.removeEventListener(name, listener);
    },
  };
  customElements.define("guidepost-chat", GuidepostChat);
}
if (script && script.dataset.auto !== "off") {
  const chat = doc.createElement("guidepost-chat");
  Object.assign(chat.dataset, script.dataset, { server: HOME });
  if (doc.body) doc.body.append(chat); else addEventListener("DOMContentLoaded", () => doc.body.append(chat));
}
