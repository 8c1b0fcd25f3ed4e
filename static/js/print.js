// Print and download: the list by keyboard, pages turned with the arrow keys, and a preview that follows the choices.

const FIELDS = "input, textarea, select";

document.addEventListener("keydown", (event) => {
  const list = event.target.closest?.("[data-print-list]");
  if (list && event.target.matches("input")) inList(event);
  else if (!event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey) turn(event);
});

// Enter and the arrows go down a column, Alt and an arrow move the line.
function inList(event) {
  const row = event.target.closest("tr");
  const down = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!row || !down || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (event.altKey) {
    const button = row.querySelector(`[value^="${down > 0 ? "down" : "up"}-"]`);
    if (button && !button.disabled) {
      moved = `${event.target.name}-${Number(row.id.split("-")[1]) + down}`;
      button.click();
    }
    return;
  }
  const rows = [...row.parentElement.rows];
  const next = rows[rows.indexOf(row) + down]?.querySelector(`[name="${event.target.name}"]`);
  if (next) {
    next.focus();
    next.select();
  } else {
    event.target.blur(); // the last one: what was typed is saved
  }
}

// A line that was moved by key keeps the focus.
let moved = "";
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "print-list" && event.target?.id !== "print-list") return;
  if (moved) document.getElementById(moved)?.focus();
  moved = "";
});

function turn(event) {
  if (event.target.closest(FIELDS)) return;
  const link = { ArrowLeft: "leaf-before", PageUp: "leaf-before", ArrowRight: "leaf-after", PageDown: "leaf-after" }[event.key];
  const preview = document.querySelector("[data-preview]");
  const page = link && document.getElementById(link)?.getAttribute("hx-get");
  if (!page || !preview || (event.key.startsWith("Page") && !preview.contains(event.target))) return;
  event.preventDefault();
  htmx.ajax("GET", page, { target: "#print-preview", swap: "innerHTML" }); // not a click: a page just swapped in may not listen yet
}

// The preview follows what is chosen, at the page that is looked at; a finished file stays.
document.body.addEventListener("print-changed", () => {
  const leaf = document.querySelector("[data-leaf]")?.dataset.leaf;
  const address = leaf ?? document.querySelector("#print-preview")?.getAttribute("hx-get");
  if (address && !address.includes("of=set-")) htmx.ajax("GET", address, { target: "#print-preview", swap: "innerHTML" });
});
// What is being made appears above the button that was pressed.
document.body.addEventListener("htmx:afterSwap", (event) => {
  const from = event.detail.requestConfig?.elt;
  if (event.detail.target?.id === "print-made" && from?.id === "print-make") {
    document.getElementById("made-head")?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-look]") && !matchMedia("(min-width: 64rem)").matches) {
    document.getElementById("print-preview")?.scrollIntoView({ block: "start" });
  }
});
