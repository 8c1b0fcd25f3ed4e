// Whatever was repaired, left or undone: the parts are held together again, and the focus goes on to what follows.

import "./keep-open.js";

let place = -1; // of the button that was pressed, among the findings

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest?.("[data-checks] form");
  if (!form) return;
  const rows = [...document.querySelectorAll(".finding")];
  place = rows.indexOf(form.closest(".finding"));
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig?.verb === "post" && event.detail.successful && event.target.closest?.("#checks-list, [data-checks]"))
    document.body.dispatchEvent(new Event("band-changed"));
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "checks-list" || place < 0 || document.activeElement !== document.body) return;
  const rows = document.querySelectorAll(".finding");
  rows[Math.min(place, rows.length - 1)]?.querySelector("button")?.focus({ preventScroll: true });
  place = -1;
});

// A page whose picture is not kept any more leaves no hole.
document.addEventListener("error", (event) => {
  if (event.target.matches?.(".bar-picture")) event.target.remove();
}, true);
