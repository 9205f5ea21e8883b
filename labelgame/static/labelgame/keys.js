// Keys that do something by themselves, and the switch for them: on the players' pages and the desk.

const KEYS_OFF = "nod-keys-off";

function keysAreOff() {
  try {
    return localStorage.getItem(KEYS_OFF) === "yes";
  } catch {
    return false; // a browser that keeps nothing
  }
}

// People who speak to their computer want no single letters that do things.
function switchKeys(off) {
  try {
    localStorage.setItem(KEYS_OFF, off ? "yes" : "no");
  } catch {
    return;
  }
  showSwitch();
}

function showSwitch() {
  const off = keysAreOff();
  document.documentElement.classList.toggle("keys-off", off);
  for (const button of document.querySelectorAll("[data-keys-switch]")) {
    button.textContent = off ? "Switch the keys on" : "Switch the keys off";
    button.parentElement.hidden = false;
  }
}

showSwitch();
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys-switch]")) switchKeys(!keysAreOff());
});

// A key by itself, which nobody types, and no sheet or menu lies open.
function isForThePage(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return false;
  const typed = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])";
  return event.target.closest(typed) === null && document.querySelector(":popover-open") === null;
}
