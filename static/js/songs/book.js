// The pages of a book: a bar is chosen with a click, or with the keys, and what can be done there stands beside it.

import "./undo.js";

const book = document.querySelector("[data-book]");
const bars = book ? [...book.querySelectorAll("svg [data-bar]")].sort(byPlace) : [];

// Tab leads to the chosen bar, or the first one, and from there past them all; arrows go from bar to bar.
let here = bars.find((bar) => bar.hasAttribute("aria-current")) ?? bars[0];
for (const bar of bars) bar.setAttribute("tabindex", bar === here ? "0" : "-1");

function byPlace(one, other) {
  const sheets = one.closest("figure").compareDocumentPosition(other.closest("figure"));
  if (sheets) return sheets & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
  return one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
}

function stand(bar) {
  here?.setAttribute("tabindex", "-1");
  here = bar;
  bar.setAttribute("tabindex", "0");
  bar.focus({ preventScroll: true });
  const box = bar.getBoundingClientRect();
  if (box.top < 80 || box.bottom > innerHeight - 80) {
    bar.closest("figure").querySelector("img").loading = "eager";
    scrollBy({ top: box.top - innerHeight / 3, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }
}

function choose(cell, number) {
  const bar = barOf(cell, number);
  for (const old of book.querySelectorAll("svg [aria-current]")) old.removeAttribute("aria-current");
  bar?.setAttribute("aria-current", "true");
  const query = `?cell=${cell}&bar=${number}`;
  history.replaceState(null, "", `${location.pathname}${query}${location.hash}`);
  htmx.ajax("GET", book.dataset.choice + query, { target: "#choice" });
}

// A rest of many bars is one bar on paper: the last that begins at this bar or before.
function barOf(cell, number) {
  return bars.findLast((bar) => bar.dataset.cell === String(cell) && Number(bar.dataset.bar) <= number);
}

document.addEventListener("click", (event) => {
  const bar = event.target.closest("svg [data-bar]");
  const link = bar ?? event.target.closest("[data-go]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose(link.dataset.cell, Number(link.dataset.bar));
  const found = barOf(link.dataset.cell, Number(link.dataset.bar));
  if (found) stand(found);
});

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
document.addEventListener("keydown", (event) => {
  const bar = event.target.closest?.("svg [data-bar]");
  if (!bar || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = bars.indexOf(bar);
  let next;
  if (event.key in STEPS) next = bars[at + STEPS[event.key]];
  else if (event.key === "Home") next = bars[0];
  else if (event.key === "End") next = bars.at(-1);
  else if (event.key === "PageDown") next = bars.slice(at + 1).find((one) => "begins" in one.dataset);
  else if (event.key === "PageUp") next = bars.slice(0, at).findLast((one) => "begins" in one.dataset);
  else if (event.key === " ") choose(bar.dataset.cell, Number(bar.dataset.bar));
  else return;
  event.preventDefault();
  if (next) stand(next);
});

// A bar chosen by its number is shown where it stands.
document.body.addEventListener("htmx:afterSettle", (event) => {
  const chosen = event.target.id === "choice" ? event.target.querySelector("[data-chosen]") : null;
  if (!chosen || document.activeElement?.closest("svg")) return;
  const bar = barOf(chosen.dataset.cell, Number(chosen.dataset.bar));
  for (const old of book.querySelectorAll("svg [aria-current]")) old.removeAttribute("aria-current");
  bar?.setAttribute("aria-current", "true");
  bar?.closest("figure").scrollIntoView({ block: "nearest" });
});
