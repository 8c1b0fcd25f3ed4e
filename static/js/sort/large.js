// One page, large: a click says where a song begins; its marks are listed, renamed and taken away.

import { onChange, say, step } from "./server.js";

const dialog = document.getElementById("sort-large");
const head = dialog.querySelector("h2");
const image = dialog.querySelector("[data-image]");
const sheet = dialog.querySelector("[data-sheet]");
const marks = dialog.querySelector("[data-marks]");
const form = dialog.querySelector("[data-song-form]");
const y = dialog.querySelector("[data-y]");
const title = dialog.querySelector("[data-title]");
const button = dialog.querySelector("[data-mark-button]");
const list = dialog.querySelector("[data-mark-list]");
let id = "";
let at = null; // the mark that is being changed

export function openLarge(leaf) {
  id = leaf.dataset.leaf;
  at = null;
  image.src = leaf.dataset.large;
  image.width = leaf.dataset.width;
  image.height = leaf.dataset.height;
  y.value = 0;
  title.value = "";
  show();
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

const leaf = () => document.getElementById(`leaf-${id}`);
const songs = () => [...(leaf()?.querySelectorAll("[data-mark]") ?? [])].map((one) => ({
  y: Number(one.dataset.mark), title: one.textContent.replace(/ \(tacet\)$/, ""), composer: one.dataset.composer, tacet: one.dataset.tacet === "1",
}));

function show() {
  const here = leaf();
  if (!here) return dialog.close();
  head.textContent = here.dataset.file;
  image.alt = here.getAttribute("aria-label");
  marks.replaceChildren(...songs().map((song) => line(song.y * 100, song.tacet ? "tacet" : "")), line(Number(y.value), "setting"));
  list.replaceChildren(...songs().map(item));
  button.textContent = at === null ? "Song begins here" : "Change this song";
}

function line(percent, name) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "line");
  for (const [key, value] of Object.entries({ x1: 0, x2: 100, y1: percent, y2: percent, class: name })) made.setAttribute(key, value);
  return made;
}

function item(song) {
  const row = document.createElement("li");
  row.className = "row";
  const name = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: song.title });
  name.addEventListener("click", () => {
    at = song.y;
    y.value = song.y * 100;
    title.value = song.title === "Untitled" ? "" : song.title;
    show();
    title.focus();
  });
  const gone = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-small btn-quiet", textContent: "No song begins here" });
  gone.setAttribute("aria-label", `${song.title}: no song begins here`);
  gone.addEventListener("click", () => step("no_beginning", { leaf: id, at: song.y }));
  row.append(name, gone);
  return row;
}

sheet.addEventListener("click", (event) => {
  const box = image.getBoundingClientRect();
  y.value = Math.max(0, Math.min(99, (100 * (event.clientY - box.top)) / box.height));
  at = null;
  show();
  title.focus();
  say(`Line at ${Math.round(y.value)} percent of the page`);
});
y.addEventListener("input", show);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const known = songs().find((song) => song.y === at);
  const given = { leaf: id, y: Number(y.value) / 100, title: title.value, composer: known?.composer ?? "", tacet: known?.tacet ?? false };
  if (at !== null) given.at = at;
  if (await step("begin", given)) {
    at = null;
    title.value = "";
    show();
  }
});
form.addEventListener("click", (event) => {
  const by = Number(event.target.dataset.largeStep);
  if (!by) return;
  const leaves = [...document.querySelectorAll("[data-leaf]")];
  const next = leaves[leaves.indexOf(leaf()) + by];
  if (next) openLarge(next);
});
dialog.addEventListener("close", () => leaf()?.focus());
onChange(() => dialog.open && show());
