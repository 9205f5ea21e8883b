// The chosen scene is in view, also where the strip of scenes is wider than the screen. The strip is
// scrolled by number: scrollIntoView would let the first Tab begin here, past "Skip to the content".
const chosen = document.querySelector(".scenes [aria-current]");
const strip = chosen?.closest("ul");
if (strip) {
  const seen = strip.getBoundingClientRect();
  const wanted = chosen.getBoundingClientRect();
  strip.scrollLeft += wanted.left + wanted.width / 2 - (seen.left + seen.width / 2);
}

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
