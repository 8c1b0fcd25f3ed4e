// A page and its notation side by side: a bar chosen in one is shown in the other; N and P go through the doubts.

const cell = document.querySelector("[data-cell]");
const said = document.querySelector("[data-said]");
const panes = Object.fromEntries([...cell.querySelectorAll("[data-pane]")].map((pane) => [pane.dataset.pane, pane]));
const links = [...cell.querySelectorAll("[data-go]")];
const doubts = links.map((link) => Number(link.dataset.go));
let chosen = -1; // measure

// Where there is little room the page comes before the list.
if (matchMedia("(max-width: 60rem)").matches) cell.querySelector("[data-doubts]")?.removeAttribute("open");

function choose(measure, { scroll = Object.values(panes) } = {}) {
  chosen = measure;
  for (const pane of Object.values(panes)) {
    const here = barsOf(pane, measure);
    for (const old of pane.querySelectorAll(".chosen")) old.classList.remove("chosen");
    for (const bar of here) bar.classList.add("chosen");
    if (here.length && scroll.includes(pane)) show(here[0], pane);
  }
  const at = doubts.indexOf(measure);
  for (const [index, link] of links.entries()) {
    if (index === at) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  links[at]?.scrollIntoView({ block: "nearest" });
  if (said) said.textContent = at < 0 ? `Bar ${measure + 1}` : `${at + 1} of ${doubts.length}: ${links[at].textContent.trim().replace(/\s+/g, " ")}`;
}

// A rest of many bars is one on paper: then the last bar that begins at this one or before is meant.
function barsOf(pane, measure) {
  const bars = [...pane.querySelectorAll("[data-measure]")];
  const starts = bars.map((bar) => Number(bar.dataset.measure)).filter((start) => start <= measure);
  const start = Math.max(...starts);
  return bars.filter((bar) => Number(bar.dataset.measure) === start);
}

function show(bar, pane) {
  const box = bar.getBoundingClientRect();
  const frame = pane.getBoundingClientRect();
  pane.scrollTo({
    top: pane.scrollTop + box.top + box.height / 2 - frame.top - frame.height / 2,
    left: pane.scrollLeft + box.left + box.width / 2 - frame.left - frame.width / 2,
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });
}

// From the chosen bar on, or back from it; round at the end.
function step(by) {
  if (!doubts.length) return;
  const next = by > 0 ? doubts.find((one) => one > chosen) : doubts.findLast((one) => one < chosen);
  choose(next ?? doubts.at(by > 0 ? 0 : -1));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const key = event.key.toLowerCase();
  if (key === "n" || key === "p") {
    step(key === "n" ? 1 : -1);
    event.preventDefault();
  }
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-doubt]");
  if (button) step(button.dataset.doubt === "next" ? 1 : -1);
  const link = event.target.closest("[data-go]");
  if (link) {
    event.preventDefault();
    choose(Number(link.dataset.go));
  }
  const bar = event.target.closest("[data-pane] [data-measure]");
  if (bar) {
    const here = bar.closest("[data-pane]");
    choose(Number(bar.dataset.measure), { scroll: Object.values(panes).filter((pane) => pane !== here) });
  }
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (chosen >= 0 && event.target.closest?.("[data-music]")) choose(chosen, { scroll: [panes.music] });
});
