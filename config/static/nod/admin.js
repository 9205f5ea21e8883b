// Names for people who listen to the admin: unfold's frame has no landmarks, its scrollable parts
// all bear one name, some of its columns none.
const name = () => {
  const frame = document.getElementById("main") || document.getElementById("page");
  frame?.setAttribute("role", "main");
  document.querySelectorAll(".simplebar-content-wrapper").forEach((part, index) => {
    part.setAttribute("aria-label", `scrollable part ${index + 1}`);
  });
  document.querySelectorAll(".help-tooltip").forEach((hint) => hint.setAttribute("role", "img"));
  document.querySelectorAll("th").forEach((heading) => {
    if (!heading.textContent.trim() && !heading.querySelector("input")) {
      const words = document.createElement("span");
      words.className = "nod-unseen";
      words.textContent = "What can be done";
      heading.append(words);
    }
  });
};

// After what unfold and Django themselves do when the page has loaded.
window.addEventListener("load", () => setTimeout(name));
