// Pages in rows, a row a book: chosen, moved, turned, split and named, by mouse, finger or keyboard alone.

import { can, names, onChange, say, step, titles, version } from "./server.js";
import { openLarge } from "./large.js";

const root = document.querySelector("[data-sort]");
const board = root.querySelector("[data-board]");
const bar = root.querySelector("[role=toolbar]");
const to = bar.querySelector("[data-to]");
const count = bar.querySelector("[data-count]");
const songDialog = document.getElementById("sort-song");
const replaceDialog = document.getElementById("sort-replace");
const chosen = new Set(); // ids of leaves
let cut = []; // ids
let current = ""; // the leaf that has the focus, or had it last
let anchor = ""; // where a range began

const all = () => [...board.querySelectorAll("[data-leaf]")];
const leafOf = (id) => document.getElementById(`leaf-${id}`);
const bookOf = (leaf) => leaf.closest("[data-book]");
const inOrder = () => all().map((leaf) => leaf.dataset.leaf).filter((id) => chosen.has(id));

// ---- choosing ----
function draw({ focus = false } = {}) {
  const leaves = all();
  const there = new Set(leaves.map((leaf) => leaf.dataset.leaf));
  for (const id of [...chosen]) if (!there.has(id)) chosen.delete(id);
  if (!there.has(current)) current = leaves[0]?.dataset.leaf ?? "";
  for (const leaf of leaves) {
    const id = leaf.dataset.leaf;
    leaf.setAttribute("aria-selected", String(chosen.has(id)));
    leaf.tabIndex = id === current ? 0 : -1;
    leaf.classList.toggle("leaf-cut", cut.includes(id));
  }
  for (const button of bar.querySelectorAll("[data-one]")) button.disabled = chosen.size !== 1;
  for (const button of bar.querySelectorAll("[data-some]")) button.disabled = !chosen.size;
  count.textContent = chosen.size ? `${chosen.size} chosen` : cut.length ? `${cut.length} cut: choose where, then Ctrl V` : "";
  if (focus) leafOf(current)?.focus();
}

function go(id, { extend = false, add = false } = {}) {
  if (!leafOf(id)) return;
  if (extend) {
    const ids = all().map((leaf) => leaf.dataset.leaf);
    const [from, until] = [ids.indexOf(anchor || current), ids.indexOf(id)].sort((a, b) => a - b);
    chosen.clear();
    for (const one of ids.slice(Math.max(from, 0), until + 1)) chosen.add(one);
  } else if (add) {
    if (chosen.has(id)) chosen.delete(id);
    else chosen.add(id);
    anchor = id;
  } else {
    chosen.clear();
    chosen.add(id);
    anchor = id;
  }
  current = id;
  draw({ focus: true });
  leafOf(id).scrollIntoView({ block: "nearest", inline: "nearest" });
}

board.addEventListener("click", (event) => {
  const leaf = event.target.closest("[data-leaf]");
  if (!leaf) return;
  go(leaf.dataset.leaf, { extend: event.shiftKey, add: event.ctrlKey || event.metaKey });
});
board.addEventListener("dblclick", (event) => {
  const leaf = event.target.closest("[data-leaf]");
  if (leaf) openLarge(leaf);
});
board.addEventListener("focusin", (event) => {
  const leaf = event.target.closest("[data-leaf]");
  if (!leaf || current === leaf.dataset.leaf) return;
  current = leaf.dataset.leaf;
  draw();
});

// ---- what can be done ----
// The pages that a step is about: those chosen, else the one with the focus.
function some() {
  const ids = inOrder();
  return ids.length ? ids : current ? [current] : [];
}

async function act(verb, given) {
  const had = document.activeElement?.closest?.("[data-leaf]") !== null;
  const done = await step(verb, given);
  draw({ focus: had && !document.querySelector("dialog[open]") });
  return done;
}

function moveAlong(by) {
  const ids = some();
  if (!ids.length) return;
  const book = bookOf(leafOf(ids[0]));
  const rest = [...book.querySelectorAll("[data-leaf]")].map((leaf) => leaf.dataset.leaf);
  const inside = ids.filter((id) => rest.includes(id));
  const edge = by < 0 ? rest.indexOf(inside[0]) - 1 : rest.indexOf(inside.at(-1)) + 2;
  if (edge < 0 || edge > rest.length) return say("There is no further place in this book.");
  act("move", { leaves: inside, book: book.dataset.book, before: rest[edge] ?? "" });
}

function moveAcross(by) {
  const ids = some();
  if (!ids.length) return;
  const books = [...board.children];
  const target = books[books.indexOf(bookOf(leafOf(ids[0]))) + by];
  if (!target) return say(`There is no book ${by < 0 ? "above" : "below"} this one.`);
  act("move", { leaves: ids, book: target.dataset.book });
}

function paste() {
  const ids = cut.filter(leafOf);
  if (!ids.length || !current) return say("Nothing is cut.");
  cut = [];
  chosen.clear();
  for (const id of ids) chosen.add(id);
  act("move", { leaves: ids, book: bookOf(leafOf(current)).dataset.book, before: ids.includes(current) ? "" : current });
}

function song() {
  if (!current) return;
  const mark = leafOf(current).querySelector("[data-mark]");
  const field = songDialog.querySelector("input");
  field.value = mark && Number(mark.dataset.mark) < 0.03 ? mark.textContent.replace(/ \(tacet\)$/, "") : "";
  songDialog.returnValue = "";
  songDialog.showModal();
  field.select();
}
songDialog.querySelector("form").addEventListener("submit", () => {
  act("begin", { leaf: current, y: 0, title: songDialog.querySelector("input").value });
});

const DEEDS = {
  undo: () => act("undo"),
  redo: () => act("redo"),
  large: () => current && openLarge(leafOf(current)),
  song,
  left: () => act("turn", { leaves: some(), by: 270 }),
  right: () => act("turn", { leaves: some(), by: 90 }),
  out: () => act("leave_out", { leaves: some(), out: !some().every((id) => leafOf(id).classList.contains("leaf-out")) }),
  split: () => current && act("split", { leaf: current }),
  replace: () => {
    replaceDialog.querySelector("[name=leaf]").value = current;
    replaceDialog.querySelector("[name=version]").value = version();
    replaceDialog.showModal();
  },
};

bar.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) DEEDS[button.dataset.do]();
});
to.addEventListener("change", () => {
  const book = to.value;
  to.value = "";
  if (book === "new") act("apart", { leaves: some() });
  else if (book) act("move", { leaves: some(), book });
});
board.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  const book = button.closest("[data-book]");
  const place = [...board.children].indexOf(book);
  if (button.dataset.do === "merge") act("merge", { book: book.dataset.book });
  else act("move_book", { book: book.dataset.book, to: Math.max(place + (button.dataset.do === "book-up" ? -1 : 1), 0) });
});
board.addEventListener("change", (event) => {
  if (!event.target.matches("[data-name]")) return;
  act("rename", { book: bookOf(event.target).dataset.book, name: event.target.value });
});
board.addEventListener("keydown", (event) => {
  if (!event.target.matches("[data-name]")) return;
  if (event.key === "Enter") event.target.blur();
  if (event.key === "Escape") {
    event.target.value = event.target.defaultValue;
    event.target.blur();
  }
  if (["Enter", "Escape"].includes(event.key)) {
    event.preventDefault();
    bookOf(event.target)?.querySelector("[data-leaf]")?.focus();
  }
});

// ---- keys ----
const PLAIN = { s: "split", t: "song", Delete: "out", Backspace: "out", Enter: "large" };

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, dialog")) return;
  const control = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (control && key === "z") return done(event, () => DEEDS[event.shiftKey ? "redo" : "undo"]());
  if (control && key === "y") return done(event, DEEDS.redo);
  const leaf = event.target.closest("[data-leaf]");
  if (!leaf) return;
  if (control && key === "a") return done(event, () => { for (const one of bookOf(leaf).querySelectorAll("[data-leaf]")) chosen.add(one.dataset.leaf); draw(); });
  if (control && key === "x") return done(event, () => { cut = some(); chosen.clear(); draw(); say(`${cut.length} cut`); });
  if (control && key === "v") return done(event, paste);
  if (control) return;
  if (event.altKey && key.startsWith("Arrow")) {
    return done(event, () => (key === "ArrowLeft" ? moveAlong(-1) : key === "ArrowRight" ? moveAlong(1) : moveAcross(key === "ArrowUp" ? -1 : 1)));
  }
  if (event.altKey) return;
  const next = neighbour(leaf, key);
  if (next) return done(event, () => go(next.dataset.leaf, { extend: event.shiftKey }));
  if (key === " ") return done(event, () => go(leaf.dataset.leaf, { add: true }));
  if (key === "Escape") return done(event, () => { chosen.clear(); cut = []; draw(); });
  if (key === "r") return done(event, DEEDS[event.shiftKey ? "left" : "right"]);
  if (key === "m") return done(event, () => act("merge", { book: bookOf(leaf).dataset.book }));
  if (key === "F2") return done(event, () => bookOf(leaf).querySelector("[data-name]").select());
  if (PLAIN[key]) done(event, DEEDS[PLAIN[key]]);
});

function done(event, run) {
  event.preventDefault();
  run();
}

// The leaf beside this one; up and down the nearest of the row above or below, in this book or the next.
function neighbour(leaf, key) {
  const leaves = all();
  const at = leaves.indexOf(leaf);
  if (key === "ArrowLeft") return leaves[at - 1];
  if (key === "ArrowRight") return leaves[at + 1];
  if (key === "Home") return bookOf(leaf).querySelector("[data-leaf]");
  if (key === "End") return [...bookOf(leaf).querySelectorAll("[data-leaf]")].at(-1);
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const box = leaf.getBoundingClientRect();
  const away = (one) => {
    const other = one.getBoundingClientRect();
    const rows = key === "ArrowDown" ? other.top - box.top : box.top - other.top;
    return rows > box.height / 2 ? rows * 10 + Math.abs(other.left - box.left) : Infinity;
  };
  const best = leaves.reduce((a, b) => (away(b) < away(a) ? b : a));
  return away(best) < Infinity ? best : null;
}

// ---- dragging ----
let place = null; // {book, before, mark}

board.addEventListener("dragstart", (event) => {
  const leaf = event.target.closest?.("[data-leaf]");
  if (!leaf) return;
  if (!chosen.has(leaf.dataset.leaf)) go(leaf.dataset.leaf);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", inOrder().join(" "));
  board.classList.add("dragging");
});
board.addEventListener("dragover", (event) => {
  const book = event.target.closest?.("[data-book]");
  if (!book || !board.classList.contains("dragging")) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  const over = event.target.closest("[data-leaf]");
  const leaves = [...book.querySelectorAll("[data-leaf]")];
  let before = null;
  if (over) {
    const box = over.getBoundingClientRect();
    before = event.clientX < box.left + box.width / 2 ? over : leaves[leaves.indexOf(over) + 1] ?? null;
  }
  clearPlace();
  place = { book, before };
  (before ?? book.querySelector("[data-leaves]")).classList.add(before ? "drop-before" : "drop-end");
});
board.addEventListener("drop", (event) => {
  event.preventDefault();
  const target = place;
  const ids = inOrder();
  endDrag();
  if (target && ids.length) act("move", { leaves: ids, book: target.book.dataset.book, before: target.before?.dataset.leaf ?? "" });
});
board.addEventListener("dragend", endDrag);

function endDrag() {
  board.classList.remove("dragging");
  clearPlace();
}
function clearPlace() {
  for (const one of board.querySelectorAll(".drop-before, .drop-end")) one.classList.remove("drop-before", "drop-end");
  place = null;
}

// ---- what follows every change ----
function follow() {
  to.replaceChildren(to.options[0], ...names().map(([id, name]) => new Option(name, id)), new Option("a new book", "new"));
  document.getElementById("sort-titles").replaceChildren(...titles().map((title) => new Option("", title)));
  for (const [button, text] of [["undo", can().undo], ["redo", can().redo]]) {
    const found = bar.querySelector(`[data-do=${button}]`);
    found.disabled = !text;
    found.title = text ? `${found.getAttribute("aria-label")}: ${text}` : found.getAttribute("aria-label");
  }
  draw();
}
onChange(follow);
follow();
