// What was unfolded stays so when its part of the page is drawn anew: details that have an id.

let open = [];

document.body.addEventListener("htmx:beforeSwap", (event) => {
  open = [...event.detail.target.querySelectorAll("details[open][id]")].map((details) => details.id);
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  for (const id of open) {
    const details = event.detail.target.querySelector(`details[id="${CSS.escape(id)}"]`);
    if (details) details.open = true;
  }
  open = [];
});
