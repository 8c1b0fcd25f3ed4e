// Steps go to the server one after the other; what it sends back is put into the page. Nothing is kept only here.

import { toast } from "../base.js";

const root = document.querySelector("[data-sort]");
const board = root.querySelector("[data-board]");
const said = root.querySelector("[data-said]");
const state = JSON.parse(document.getElementById("sort-state").textContent);
let queue = Promise.resolve();
const watchers = [];

export const titles = () => state.titles;
export const names = () => state.order.map((id) => [id, state.names[id]]);
export const can = () => ({ undo: state.undo, redo: state.redo });
export const version = () => state.version;
export const onChange = (call) => watchers.push(call);

export function say(text) {
  said.textContent = text;
}

// verb, given: as notation/sorting.py has them. Resolves to whether it was done.
export function step(verb, given = {}) {
  const run = queue.then(() => send(verb, given));
  queue = run.catch(() => {});
  return run;
}

async function send(verb, given) {
  document.documentElement.toggleAttribute("data-busy", true);
  try {
    const answer = await fetch(root.dataset.change, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ version: state.version, verb, given }),
    });
    const told = await answer.json().catch(() => ({}));
    if (told.books) show(told);
    if (!answer.ok) {
      toast({ text: told.problem || "That could not be kept. Try again in a moment.", kind: "bad" });
      return false;
    }
    say(told.said);
    return true;
  } catch {
    toast({ text: "The server cannot be reached, so this step was not kept. Try again in a moment.", kind: "bad" });
    return false;
  } finally {
    document.documentElement.toggleAttribute("data-busy", false);
  }
}

function token() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

// Pages of new files come while others are sorted.
export function refresh() {
  queue = queue.then(async () => {
    const answer = await fetch(`${root.dataset.books}?version=${state.version}&grown=${state.grown}`);
    if (answer.status === 200) show(await answer.json());
  }).catch(() => {});
}

function show(told) {
  Object.assign(state, told, { books: null });
  for (const [id, html] of Object.entries(told.books)) {
    const fresh = document.createRange().createContextualFragment(html).querySelector("section");
    const old = board.querySelector(`[data-book="${CSS.escape(id)}"]`);
    if (old) old.replaceWith(fresh);
    else board.append(fresh);
  }
  for (const section of [...board.children]) if (!told.order.includes(section.dataset.book)) section.remove();
  told.order.forEach((id, place) => {
    const section = board.querySelector(`[data-book="${CSS.escape(id)}"]`);
    if (section && board.children[place] !== section) board.insertBefore(section, board.children[place] ?? null);
  });
  for (const part of root.querySelectorAll("[data-sorted]")) part.hidden = !told.order.length;
  root.querySelector("[data-empty]").hidden = told.order.length > 0;
  for (const call of watchers) call();
}

// A job's fragment was exchanged by the socket: something may have been taken in.
let soon = 0;
document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  if (!/^(job-|project-job-list)/.test(event.detail.target?.id ?? "")) return;
  clearTimeout(soon);
  soon = setTimeout(refresh, 250);
});
// A first look began by itself.
document.body.addEventListener("look-started", () => location.reload());
// Should a message be lost, the page does not wait for the next one.
setInterval(() => document.querySelector("#project-job-list :is([data-state=waiting], [data-state=running])") && refresh(), 4000);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
