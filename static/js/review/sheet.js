// The notation, line by line: lines are fetched when they come near, and after a change only those that look otherwise.

import { here, show } from "./pages.js";

const BATCH = 8;
const AHEAD = "800px";
const IDLE_MOST = 60; // lines fetched without being looked at

export class Sheet {
  constructor(pane, { base }) {
    this.pane = pane;
    this.box = pane.querySelector("[data-music]");
    this.base = base;
    this.wide = matchMedia("(min-width: 40rem)").matches;
    this.lines = []; // { first, count, element, drawn, odd: place in the line -> words }
    this.ondraw = () => {};
    this.wanted = -1; // a bar that is to be scrolled to once it is drawn
    this.near = new Set();
    this.doubts = new Map(); // measure -> why it is doubted
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const line = this.lines.find((one) => one.element === entry.target);
        if (line && entry.isIntersecting && !line.drawn) this.near.add(line);
      }
      this.#fetchNear();
    }, { root: pane, rootMargin: `${AHEAD} 0px` });
  }

  get bars() {
    const last = this.lines.at(-1);
    return last ? last.first + last.count : 0;
  }

  // All lines anew: the page was opened, or somebody else changed the part.
  reset({ revision, spans, lines = [] }) {
    this.revision = revision;
    // The page came with the first line, for wide paper.
    const there = this.wide && !this.lines.length ? this.box.querySelector("svg") : null;
    const known = there ? lines.map((line) => ({ ...line, svg: there })) : lines.filter((line) => line.svg || line.problem);
    this.observer.disconnect();
    this.near.clear();
    this.lines = spans.map(([first, count]) => this.#line(first, count));
    this.box.replaceChildren(...this.lines.map((line) => line.element));
    this.#draw(known);
    this.#fetchFirst();
    for (const line of this.lines) this.observer.observe(line.element);
    this.#idle();
  }

  // The page has asked for these already when it is opened; what else is in sight comes after them.
  #fetchFirst() {
    const lines = (this.box.dataset.first ?? "").split(",").map((at) => this.lines[at]).filter((line) => line && !line.drawn);
    if (!lines.length || this.fetching) return;
    this.#fetchThen(lines);
  }

  // After a change: lines that only moved keep their drawing.
  update({ revision, spans, lines, moves, changed }) {
    this.revision = revision;
    const old = new Map();
    for (const line of this.lines) {
      let { first } = line;
      let gone = false;
      for (const [at, out, come] of moves ?? []) {
        if (first >= at && first < at + out) gone = true;
        else if (first >= at + out && !(out === 0 && first < at)) first += come - out;
      }
      if (!gone) old.set(`${first}`, line);
    }
    const stale = new Set(changed ?? []);
    const again = []; // lines that are to be drawn anew
    const next = spans.map(([first, count]) => {
      const line = old.get(`${first}`);
      if (!line || (line.count !== count && !stale.has(first))) {
        again.push(this.#line(first, count));
        return again.at(-1);
      }
      old.delete(`${first}`);
      Object.assign(line, { first, count });
      if (stale.has(first)) {
        line.drawn = false;
        again.push(line);
      }
      this.#rebase(line);
      return line;
    });
    const kept = new Set(next);
    for (const line of this.lines) {
      if (!kept.has(line)) {
        this.observer.unobserve(line.element);
        line.element.remove();
      }
    }
    this.lines = next;
    let before = null;
    for (const line of next) {
      if (before ? before.nextSibling !== line.element : this.box.firstChild !== line.element) {
        if (before) before.after(line.element);
        else this.box.prepend(line.element);
      }
      before = line.element;
    }
    this.#draw(lines, { quiet: true });
    for (const line of again) {
      if (line.drawn) continue;
      this.observer.unobserve(line.element); // observing anew tells whether it is in sight
      this.observer.observe(line.element);
    }
  }

  #line(first, count) {
    const element = document.createElement("div");
    element.className = "drawing drawing-waiting";
    return { first, count, element, drawn: false, odd: new Map(), doubted: "" };
  }

  #draw(lines, { quiet = false } = {}) {
    const firsts = [];
    for (const { first, count, svg, odd, problem } of lines) {
      const line = this.lines.find((one) => one.first === first && one.count === count);
      if (!line) continue;
      line.drawn = true;
      line.doubted = "";
      line.odd = new Map(Object.entries(odd ?? {}).map(([measure, words]) => [Number(measure) - first, words]));
      line.named = -1;
      this.near.delete(line);
      line.element.classList.remove("drawing-waiting");
      if (svg instanceof Element) line.element.replaceChildren(svg);
      else if (svg) line.element.innerHTML = svg;
      else line.element.textContent = `Bars ${first + 1} to ${first + count}: ${problem}`;
      this.#rebase(line);
      firsts.push(first);
    }
    if (firsts.length && !quiet) this.ondraw(firsts);
  }

  // Indices and numbers of bars in a line's drawing, from where it begins now.
  #rebase(line) {
    if (line.named === line.first) return;
    line.named = line.first;
    line.element.dataset.first = line.first;
    for (const bar of line.element.querySelectorAll("[data-bar]")) {
      const measure = line.first + Number(bar.dataset.bar);
      bar.dataset.measure = measure;
      const number = bar.querySelector(".mNum tspan tspan") ?? bar.querySelector(".mNum tspan");
      if (number) number.textContent = measure + 1;
      bar.classList.toggle("odd", line.odd.has(Number(bar.dataset.bar)));
    }
    this.#doubt(line);
  }

  // Doubtful bars are marked, and say why. Of a rest of many bars that is one here, any may be meant.
  setDoubts(doubts) {
    this.doubts = new Map(doubts.map((doubt) => [doubt.measure, doubt.words]));
    for (const line of this.lines) this.#doubt(line);
  }

  #doubt(line) {
    if (!line.drawn) return;
    const mine = [];
    for (let measure = line.first; measure < line.first + line.count; measure += 1) {
      if (this.doubts.has(measure)) mine.push([measure, this.doubts.get(measure)]);
    }
    const told = mine.join("\n");
    if (told === line.doubted) return; // most lines of a long part
    line.doubted = told;
    for (const bar of line.element.querySelectorAll(".doubtful")) {
      bar.classList.remove("doubtful");
      bar.querySelector(":scope > title")?.remove();
    }
    for (const [measure, words] of mine) {
      for (const bar of here(line.element, measure, "[data-measure]")) {
        if (bar.classList.contains("doubtful")) continue;
        bar.classList.add("doubtful");
        const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
        title.textContent = `Bar ${measure + 1}: ${words}`;
        bar.prepend(title);
      }
    }
  }

  #fetchNear() {
    if (this.fetching || !this.near.size) return;
    const lines = [...this.near].filter((line) => !line.drawn && this.lines.includes(line));
    this.near = new Set(lines.slice(BATCH));
    if (lines.length) this.#fetchThen(lines.slice(0, BATCH));
  }

  #fetchThen(lines) {
    this.fetching = true;
    this.#fetch(lines).finally(() => {
      this.fetching = false;
      this.#fetchNear();
    });
  }

  async #fetch(lines) {
    if (!lines.length) return;
    const { revision } = this;
    const at = lines.map((line) => this.lines.indexOf(line)).join(",");
    const response = await fetch(`${this.base}r${revision}/lines/?at=${at}${this.wide ? "" : "&wide=no"}`).catch(() => null);
    if (!response?.ok) {
      for (const line of lines) line.element.textContent = "These bars could not be drawn. Reload the page.";
      return;
    }
    const told = await response.json();
    if (revision === this.revision) this.#draw(told.lines);
    else for (const line of lines) if (!line.drawn && this.lines.includes(line)) this.near.add(line); // a change came in between
  }

  // What is near is there; then the rest, a few at a time.
  #idle() {
    let left = IDLE_MOST;
    const more = () => {
      const lines = this.lines.filter((line) => !line.drawn && !this.near.has(line)).slice(0, BATCH);
      if (!lines.length || left <= 0) return;
      left -= lines.length;
      if (this.fetching) return void setTimeout(more, 150);
      for (const line of lines) this.near.add(line);
      this.#fetchNear();
      setTimeout(more, 150);
    };
    setTimeout(more, 400);
  }

  // --- choosing ----------------------------------------------------------------------------------------------------
  drawing(measure) {
    const line = this.lineOf(measure);
    return line ? here(line.element, measure, "[data-measure]") : [];
  }

  lineOf(measure) { return this.lines.find((line) => line.first <= measure && measure < line.first + line.count); }

  choose(measure, note, { scroll }) {
    for (const old of this.pane.querySelectorAll(".chosen, .picked")) old.classList.remove("chosen", "picked");
    const line = this.lineOf(measure);
    if (!line) return;
    if (!line.drawn) {
      this.wanted = scroll ? measure : -1;
      if (scroll) show(line.element, this.pane);
      this.near.add(line);
      this.#fetchNear();
      return;
    }
    this.wanted = -1;
    const bars = this.drawing(measure);
    for (const bar of bars) bar.classList.add("chosen");
    const picked = note === null ? null : bars[0]?.querySelector(`[data-note="${note}"]`);
    picked?.classList.add("picked");
    if (bars.length && scroll) show(bars[0], this.pane);
    else if (picked) keepInSight(picked, this.pane);
  }

  odd(measure) {
    const line = this.lineOf(measure);
    const words = line?.odd.get(measure - line.first);
    return words ? `Bar ${measure + 1} is ${words}` : "";
  }

  // --- notes of a bar, chords once ---------------------------------------------------------------------------------
  async #notes(measure) {
    const line = this.lineOf(measure);
    if (line && !line.drawn) await this.#fetch([line]);
    const bar = this.drawing(measure)[0];
    return [...(bar?.querySelectorAll("[data-note]") ?? [])];
  }

  #firsts(notes) {
    const seen = new Set();
    return notes.filter((note) => {
      const chord = note.closest(".chord");
      if (!chord) return true;
      if (seen.has(chord)) return false;
      seen.add(chord);
      return true;
    }).map((note) => Number(note.dataset.note)).sort((a, b) => a - b);
  }

  async edge(measure, by) {
    const firsts = this.#firsts(await this.#notes(measure));
    return firsts.at(by > 0 ? 0 : -1) ?? null;
  }

  async beside(measure, note, by) {
    const notes = await this.#notes(measure);
    const firsts = this.#firsts(notes);
    const chord = notes.find((one) => Number(one.dataset.note) === note)?.closest(".chord");
    const mine = chord ? Math.min(...[...chord.querySelectorAll("[data-note]")].map((one) => Number(one.dataset.note))) : note;
    return by > 0 ? firsts.find((one) => one > mine) ?? null : firsts.findLast((one) => one < mine) ?? null;
  }

  chord(measure, note, by) {
    const bar = this.drawing(measure)[0];
    const chord = bar?.querySelector(`[data-note="${note}"]`)?.closest(".chord");
    if (!chord) return null;
    const notes = [...chord.querySelectorAll("[data-note]")].sort((a, b) => b.getBoundingClientRect().top - a.getBoundingClientRect().top);
    const at = notes.findIndex((one) => Number(one.dataset.note) === note);
    return Number((notes[at + by] ?? notes[at]).dataset.note);
  }

  // The bar before or after, a rest of many bars as one; null at the ends.
  stepBar(measure, by) {
    const line = this.lineOf(measure);
    const drawn = [...(line?.element.querySelectorAll("[data-measure]") ?? [])].map((bar) => Number(bar.dataset.measure));
    const starts = [...new Set(drawn)].sort((a, b) => a - b);
    const next = by > 0 ? starts.find((one) => one > measure) : starts.findLast((one) => one < measure);
    if (next !== undefined) return next;
    const at = this.lines.indexOf(line) + by;
    const other = this.lines[at];
    if (!other) return null;
    if (by > 0) return other.first;
    const last = [...other.element.querySelectorAll("[data-measure]")].map((bar) => Number(bar.dataset.measure));
    return last.length ? Math.max(...last) : other.first + other.count - 1;
  }
}

function keepInSight(note, pane) {
  const box = note.getBoundingClientRect();
  const frame = pane.getBoundingClientRect();
  if (box.top < frame.top || box.bottom > frame.bottom || box.left < frame.left || box.right > frame.right) show(note, pane);
}
