// The chosen scene is in view, also where the strip of scenes is wider than the screen.
document.querySelector(".scenes [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// The phone's manners after sending: an empty text box with the cursor in it, the newest text in view.
document.addEventListener("htmx:afterSwap", (event) => {
  const form = event.detail.requestConfig?.elt;
  if (!(form instanceof HTMLFormElement) || !form.closest(".phone")) return;
  const thread = document.getElementById("thread");
  thread.scrollTop = thread.scrollHeight;
  const text = document.getElementById("text");
  if (form.classList.contains("composer")) form.reset();
  // A tap on a suggestion must not bring up the keyboard of a real phone, over what there is to see.
  const tapped = form.classList.contains("suggestions") && matchMedia("(pointer: coarse)").matches;
  if (!tapped) text.focus({ preventScroll: true });
});
