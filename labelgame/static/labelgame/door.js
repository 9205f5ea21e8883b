// The form at the door, a little quicker: it works without any of this.
const form = document.querySelector("form[data-join]");
const password = document.querySelector('input[type="password"]');

// What is typed once should be seen once.
if (password) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show-password";
  button.textContent = "Show";
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-label", "Show the password");
  button.addEventListener("click", () => {
    const shows = password.type === "password";
    password.type = shows ? "text" : "password";
    button.textContent = shows ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(shows));
  });
  const both = document.createElement("span");
  both.className = "with-button";
  password.replaceWith(both);
  both.append(password, button);
}

if (form?.dataset.join === "fresh") {
  // The browser knows the time zone better than whoever invited.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = form.elements.time_zone;
  if ([...zones.options].some((option) => option.value === zone)) zones.value = zone;

  // A username from the name, with the number of the one that was suggested, until it is changed.
  const { name, username } = form.elements;
  const suggested = username.value;
  const number = suggested.split("-").pop();
  let isOurs = true;
  username.addEventListener("input", () => (isOurs = false));
  name.addEventListener("input", () => {
    if (!isOurs) return;
    const plain = name.value.normalize("NFD").toLowerCase().trim().split(/\s+/)[0];
    const first = plain.replace(/[^a-z0-9]/g, "");
    username.value = first ? `${first}-${number}` : suggested;
  });
}
