// Reading aloud and dictating with what the browser itself has. Only voices on the device are used: others would send
// the text to somebody else.
const synth = window.speechSynthesis;
const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;

const voiceFor = (language) => synth && synth.getVoices().find((voice) => voice.localService && voice.lang.slice(0, 2) === language);

function readAloud(lines, language, ended) {
  synth.cancel();
  lines.forEach((line, n) => {
    const said = new SpeechSynthesisUtterance(line);
    said.voice = voiceFor(language);
    said.lang = said.voice.lang;
    if (n === lines.length - 1) said.onend = said.onerror = ended;
    synth.speak(said);
  });
}

// A button that writes what is said into the box; null where the browser cannot.
function dictation(chat) {
  if (!Recognition) return null;
  let running = null, agreed = false;
  const stop = () => { if (running) running.stop(); };
  const show = () => {
    toggle.textContent = chat.t(running ? "dictate_stop" : "dictate");
    toggle.setAttribute("aria-pressed", !!running);
  };
  const toggle = button("", async () => {
    if (running) return stop();
    const langs = [chat.language], local = { langs, processLocally: true };
    const here = Recognition.available && (await Recognition.available(local).catch(() => "")) === "available";
    if (!here && !agreed) { agreed = true; return chat.note("dictate_note"); }
    const hearing = running = new Recognition();
    if (here) hearing.processLocally = true;
    hearing.lang = chat.language;
    hearing.onresult = (event) => {
      const words = Array.from(event.results, (result) => result[0].transcript).join(" ");
      chat.box.value = (chat.box.value + " " + words).trim();
    };
    hearing.onerror = () => chat.note("dictate_failed");
    hearing.onend = () => { running = null; show(); chat.box.focus(); };
    try { hearing.start(); } catch { running = null; chat.note("dictate_failed"); }
    show();
  }, { class: "quiet dictate" });
  show();
  return toggle;
}
