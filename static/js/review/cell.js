// The desk: a page and its notation in step, doubts first, every note to be mended by keyboard or mouse.

import { BarDialog } from "./bar.js";
import { Desk } from "./desk.js";
import { Elsewhere } from "./elsewhere.js";
import { keyed } from "./keys.js";
import { Overlay } from "./overlay.js";
import { Pages } from "./pages.js";
import { Sheet } from "./sheet.js";
import { Sound } from "./sound.js";

const root = document.querySelector("[data-cell]");
const bar = document.querySelector("[data-desk-bar]");
const told = JSON.parse(document.getElementById("desk-data").textContent);
const $ = (selector, from = document) => from.querySelector(selector);
const said = $("[data-said]");

const pages = new Pages($("[data-pane=pages]", root));
const sheet = new Sheet($("[data-pane=music]", root), { base: root.dataset.base });
const desk = new Desk({ base: root.dataset.base, revision: told.revision, wide: sheet.wide });
const overlay = new Overlay({ root, pages, sheet });
const sound = new Sound({ base: root.dataset.base, onbar: (measure) => follow(measure), onstop: () => pressed("hear", false) });
const dialog = new BarDialog($("[data-bar-dialog]"), { base: root.dataset.base, desk });
const elsewhere = new Elsewhere({ dialog: $("[data-elsewhere]"), button: $("[data-act=elsewhere]", bar), desk, say });

let doubts = [];
let chosen = { measure: -1, note: null };

// Where there is little room the page comes before the list.
if (matchMedia("(max-width: 60rem)").matches) $("[data-doubts]", root)?.removeAttribute("open");

// --- choosing ------------------------------------------------------------------------------------------------------
function choose(measure, { note = null, scroll = true, quiet = false } = {}) {
  chosen = { measure, note };
  const at = doubts.findIndex((doubt) => doubt.measure === measure);
  for (const link of root.querySelectorAll("[data-go]")) {
    const here = Number(link.dataset.go) === measure;
    if (here) {
      link.setAttribute("aria-current", "true");
      link.scrollIntoView({ block: "nearest" });
    } else link.removeAttribute("aria-current");
  }
  pages.choose(measure, { scroll: scroll === true || scroll === "pages" });
  sheet.choose(measure, note, { scroll: scroll === true || scroll === "music" });
  overlay.choose(measure, note);
  showOrigin(measure);
  offerSource();
  $("[data-odd]").textContent = sheet.odd(measure);
  if (!quiet) say(at < 0 ? `Bar ${measure + 1}` : `${at + 1} of ${doubts.length}: Bar ${measure + 1} ${doubts[at].words}`);
}

// Where a bar of a derived part came from.
const origins = $("[data-pane=origins]");
function showOrigin(measure) {
  for (const old of origins?.querySelectorAll(".chosen") ?? []) old.classList.remove("chosen");
  const found = origins?.querySelector(`[data-measure="${measure}"]`);
  found?.classList.add("chosen");
  found?.scrollIntoView({ block: "nearest", inline: "nearest" });
  const words = $("[data-origin]");
  if (words) words.textContent = found ? found.title : "";
}

// A bar that both changed can be as the source has it now.
function offerSource() {
  const button = $("[data-act=derived]", bar);
  if (button) button.hidden = !bothChanged();
}
function bothChanged() { return doubts.some((doubt) => doubt.both && doubt.measure === chosen.measure); }

function follow(measure) {
  pages.choose(measure, { scroll: true });
  sheet.choose(measure, null, { scroll: true });
  overlay.choose(measure, null);
}

// From the chosen bar on, or back from it; round at the end.
function step(by) {
  if (!doubts.length) return say("No bar is doubted");
  const { measure } = chosen;
  const next = by > 0 ? doubts.find((one) => one.measure > measure) : doubts.findLast((one) => one.measure < measure);
  choose((next ?? doubts.at(by > 0 ? 0 : -1)).measure);
}

async function stepNotes(by) {
  let { measure, note } = chosen;
  if (measure < 0) return choose(0, { note: await sheet.edge(0, 1) });
  const next = note === null ? await sheet.edge(measure, by) : await sheet.beside(measure, note, by);
  if (next !== null && next !== undefined && !(note === null && by < 0)) return choose(measure, { note: next });
  measure = sheet.stepBar(measure, by);
  if (measure === null) return undefined;
  return choose(measure, { note: await sheet.edge(measure, by) });
}

function stepBars(by) {
  const measure = chosen.measure < 0 ? 0 : sheet.stepBar(chosen.measure, by);
  if (measure !== null) choose(measure);
}

function stepChord(by) {
  const other = chosen.note === null ? null : sheet.chord(chosen.measure, chosen.note, by);
  if (other !== null) choose(chosen.measure, { note: other });
}

// --- changing ------------------------------------------------------------------------------------------------------
// What an edit needs is taken when its turn comes: the one before may have moved the selection.
async function change(edit) {
  if (chosen.measure < 0) return say("Choose a note first: click on one, or press →");
  await desk.queue(edit.do, edit, async (asked) => {
    let { note } = chosen;
    if (note === null && !edit.whole) note = (await sheet.edge(chosen.measure, 1)) ?? 0;
    const { whole, ...rest } = asked;
    return desk.post("edit", { edits: [{ ...rest, bar: chosen.measure, ...(whole ? {} : { note }) }] });
  }, show);
}

function act(name) {
  return desk.queue(name, null, () => {
    if (name === "accept") return desk.post("accept", { bars: [chosen.measure] });
    if (name === "accept-all") return desk.post("accept", { bars: null });
    if (name === "derived") return desk.post("derived", { bar: chosen.measure });
    return desk.post(name, {});
  }, (answer) => {
    show(answer, { keep: name.startsWith("accept") });
    if (name === "accept") step(1);
  });
}

function accept() {
  if (chosen.measure < 0) return step(1);
  if (!doubts.some((doubt) => doubt.measure === chosen.measure)) return step(1);
  return act("accept");
}

function takeSource() {
  return bothChanged() ? act("derived") : say("Here you and the source have not both changed something");
}

// A new state: what moved, what looks otherwise, what is still doubted.
function show(answer, { keep = false } = {}) {
  const before = chosen;
  sheet.update(answer);
  if (answer.boxes) pages.setBoxes(answer.boxes);
  showState(answer);
  overlay.redraw();
  elsewhere.offer(answer.shared);
  const [measure, note] = keep || !answer.select ? [before.measure, before.note] : answer.select;
  if (measure >= 0) choose(Math.min(measure, sheet.bars - 1), { note, scroll: answer.moves?.length ? true : false, quiet: true });
  say(answer.said?.length ? answer.said.join("; ") : "Nothing changed");
}

function showState(state) {
  doubts = state.doubts;
  pages.setDoubts(doubts);
  sheet.setDoubts(doubts);
  offerSource();
  const list = $("[data-doubts]", root);
  list.hidden = !doubts.length;
  $("ol", list).replaceChildren(...doubts.map(item));
  for (const button of bar.querySelectorAll("[data-doubt], [data-act=accept-all]")) button.disabled = !doubts.length;
  for (const way of ["undo", "redo"]) {
    const button = $(`[data-act=${way}]`, bar);
    button.disabled = !state[way];
    button.title = state[way] ? `${way === "undo" ? "Undo" : "Redo"}: ${state[way]}` : "";
  }
  if (state.why !== undefined) {
    $("[data-bars]").textContent = `${state.bars} bar${state.bars === 1 ? "" : "s"}`;
    const light = $("[data-light]");
    light.textContent = state.why;
    light.className = `tag ${{ good: "tag-ok", wrong: "tag-bad" }[state.light] ?? "tag-warn"}`;
  }
}

function item(doubt) {
  const li = document.createElement("li");
  const a = document.createElement("a");
  a.href = `#page-${doubt.page}`;
  a.dataset.go = doubt.measure;
  const name = document.createElement("strong");
  name.textContent = `Bar ${doubt.measure + 1}`;
  const words = document.createElement("span");
  words.className = "meta";
  words.textContent = doubt.words;
  a.append(name, " ", words);
  li.append(a);
  return li;
}

function say(text) { said.textContent = text; }

function pressed(name, on) { $(`[data-act=${name}]`, bar).setAttribute("aria-pressed", String(on)); }

// Somebody else was faster, or the server refused: nothing was changed here.
desk.onproblem = (problem) => {
  say(problem.message);
  const text = `${problem.message} ${problem.hint ?? ""}`.trim();
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: problem.status === 409 ? "bad" : "warn" } }));
  if (problem.status === 409 && problem.revision) return load(problem.revision);
  return undefined;
};

// The newest state, where this page has an older one.
async function load(revision) {
  desk.revision = revision;
  const answer = await desk.fetch(`r${revision}/lines/`);
  if (!answer) return;
  sheet.reset(answer);
  if (answer.boxes) pages.setBoxes(answer.boxes);
  if (answer.doubts) showState(answer);
  overlay.redraw();
}

// --- wiring --------------------------------------------------------------------------------------------------------
function hear(on) {
  if (sound.playing) return sound.stop();
  pressed("hear", true);
  return sound.play(desk.revision, Math.max(0, chosen.measure), { on });
}

function openBar() {
  if (chosen.measure < 0) return say("Choose a bar first");
  return dialog.open(chosen.measure, (edit) => change({ ...edit, whole: true }));
}

async function openHistory() {
  const box = $("[data-history]");
  $("[data-history-body]", box).innerHTML = await desk.text("history/");
  box.showModal();
}

const actions = {
  accept, derived: takeSource, "accept-all": () => act("accept-all"), undo: () => act("undo"), redo: () => act("redo"),
  keys: () => $("[data-keys]").showModal(), bar: openBar, history: openHistory, hear: () => hear(false),
  elsewhere: () => elsewhere.open(),
};
keyed({
  step, stepNotes, stepBars, stepChord, change, accept, derived: takeSource, hear, openBar,
  undo: actions.undo, redo: actions.redo, keys: actions.keys,
  toggle: () => overlay.show(overlay.view === "over" ? "beside" : "over"),
  escape: () => { sound.stop(); if (chosen.note !== null) choose(chosen.measure, { scroll: false }); },
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.doubt) step(button.dataset.doubt === "next" ? 1 : -1);
  if (button && actions[button.dataset.act]) actions[button.dataset.act]();
  if (button?.dataset.show) overlay.show(button.dataset.show);
  if (button?.dataset.edit) {
    change(JSON.parse(button.dataset.edit));
    button.closest("details.menu")?.removeAttribute("open");
  }
  if (button?.closest("[data-desk-bar]") && event.detail > 0) button.blur(); // so that keys go on working on the note
  const link = event.target.closest("[data-go]");
  if (link) {
    event.preventDefault();
    choose(Number(link.dataset.go));
  }
  const measure = event.target.closest("[data-pane] [data-measure]");
  if (measure) {
    const note = event.target.closest("[data-note]");
    const pane = measure.closest("[data-pane]").dataset.pane;
    choose(Number(measure.dataset.measure), {
      note: note ? Number(note.dataset.note) : null, scroll: pane === "music" ? "pages" : pane === "pages" ? "music" : true,
    });
  }
});
document.addEventListener("dblclick", (event) => {
  if (event.target.closest("[data-pane] [data-measure]") && !event.target.closest("[data-note]")) openBar();
});
$("[data-opacity]").addEventListener("input", (event) => overlay.fade(event.target.value / 100));
sheet.ondraw = () => {
  overlay.redraw();
  if (chosen.measure >= 0) {
    sheet.choose(chosen.measure, chosen.note, { scroll: sheet.wanted === chosen.measure });
    $("[data-odd]").textContent = sheet.odd(chosen.measure);
  }
};

doubts = told.doubts;
sheet.reset(told); // first, so that its lines are on their way
showState(told);
