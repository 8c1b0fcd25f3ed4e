// The table of songs and books by keyboard: arrows move from cell to cell, Enter opens, Alt and an arrow move a song.

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -Infinity], End: [0, Infinity] };

document.addEventListener("keydown", (event) => {
  const table = event.target.closest?.("[data-review]");
  const step = STEPS[event.key];
  if (!table || !step || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const place = event.target.closest("td, tbody th");
  if (!place) return;
  if (event.altKey) {
    const button = place.parentElement.querySelector(`.song-move [value="${step[0]}"]`);
    if (step[0] && button && !button.disabled) {
      event.preventDefault();
      button.click();
    }
    return;
  }
  // Within a title the caret moves first.
  if (event.target.matches("input") && step[1]) {
    const { selectionStart, selectionEnd, value } = event.target;
    const leaves = event.key === "ArrowRight" && selectionStart === value.length && selectionEnd === value.length;
    if (!leaves) return;
  }
  const rows = [...table.tBodies[0].rows];
  const row = clamp(rows.indexOf(place.parentElement) + step[0], rows.length);
  const next = rows[row].cells[clamp(place.cellIndex + step[1], rows[row].cells.length)];
  const target = next.querySelector("a.cell, input[name=title]") ?? next;
  target.focus();
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
  event.preventDefault();
});

function clamp(index, length) {
  return Math.max(0, Math.min(length - 1, index));
}

// A moved song keeps the focus, for its table is drawn anew; but who has gone on meanwhile stays where she is.
let moved = "";
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt.closest?.(".song-move");
  moved = form ? document.activeElement?.id || form.closest("tr").id : "";
});
document.body.addEventListener("htmx:afterSettle", () => {
  const found = moved && document.activeElement === document.body ? document.getElementById(moved) : null;
  (found?.disabled ? found.parentElement.querySelector("button:not(:disabled)") : found)?.focus();
  moved = "";
});
