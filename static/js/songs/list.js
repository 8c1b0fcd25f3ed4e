// The songs in their order: dragged by the handle, with mouse, pen or finger; or Alt and an arrow key within a song.

import "./undo.js";

const SLACK = 4; // pixels a pointer may tremble before it drags
let drag = null;

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-handle]");
  if (!handle || event.button) return;
  const song = handle.closest("[data-song]");
  drag = { handle, song, list: song.parentElement, from: places(song).indexOf(song), y: event.clientY, moving: false };
  handle.setPointerCapture(event.pointerId);
  event.preventDefault();
});
document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  if (!drag.moving && Math.abs(event.clientY - drag.y) < SLACK) return;
  drag.moving = true;
  drag.song.classList.add("dragged");
  const others = places(drag.song).filter((song) => song !== drag.song);
  const below = others.find((song) => {
    const box = song.getBoundingClientRect();
    return event.clientY < box.top + box.height / 2;
  });
  if (below ? drag.song.nextElementSibling !== below : drag.list.lastElementChild !== drag.song) {
    drag.list.insertBefore(drag.song, below ?? null);
  }
  const edge = 60; // near the window's edge the page comes along
  if (event.clientY < edge) window.scrollBy(0, -12);
  else if (event.clientY > innerHeight - edge) window.scrollBy(0, 12);
});
document.addEventListener("pointerup", () => drop(true));
document.addEventListener("pointercancel", () => drop(false));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") drop(false);
});

function places(song) {
  return [...song.parentElement.querySelectorAll(":scope > [data-song]")];
}

function drop(keep) {
  if (!drag) return;
  const { song, list, from } = drag;
  drag = null;
  song.classList.remove("dragged");
  const to = places(song).indexOf(song);
  if (to === from) return;
  if (!keep) {
    const others = places(song).filter((other) => other !== song);
    list.insertBefore(song, others[from] ?? null);
    return;
  }
  htmx.ajax("POST", song.dataset.place, { target: "#songs", values: { to } });
}

document.addEventListener("keydown", (event) => {
  const song = event.target.closest?.("[data-song]");
  if (!song || !event.altKey || event.ctrlKey || event.metaKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  const button = song.querySelector(`.song-move [value="${event.key === "ArrowUp" ? -1 : 1}"]`);
  event.preventDefault();
  if (button && !button.disabled) button.click();
});

// The list is drawn anew after a change: what was open stays open, and a moved song keeps the focus.
let open = [];
let focused = "";
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "songs") return;
  open = [...document.querySelectorAll(".song-books[open]")].map((details) => details.id);
  focused = document.activeElement?.id ?? "";
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "songs") return;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  const found = focused && document.activeElement === document.body ? document.getElementById(focused) : null;
  (found?.disabled ? found.parentElement.querySelector("button:not(:disabled)") : found)?.focus();
});
