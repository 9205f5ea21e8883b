// The desk of reviewers and operators, a little quicker: it works without any of this.

for (const button of document.querySelectorAll("[data-copy]")) {
  const text = document.getElementById(button.dataset.copy);
  button.hidden = !navigator.clipboard; // only where the connection is safe
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.value);
    button.textContent = "Copied";
  });
  text.addEventListener("focus", () => text.select());
}

// One key chooses a reason or a label, as on the players' cards.
document.addEventListener("keydown", (event) => {
  if (keysAreOff() || !isForThePage(event)) return;
  const key = CSS.escape(event.key.toLowerCase());
  const found = document.querySelector(`[data-key="${key}" i]`);
  if (!found) return;
  event.preventDefault();
  found.focus();
  found.click();
});
