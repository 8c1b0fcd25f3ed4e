// The notation over the page: each drawn bar is laid upon the box of its own, as strongly as one likes.

const SVG = "http://www.w3.org/2000/svg";
const STORE = "copyist.desk";

export class Overlay {
  constructor({ root, pages, sheet }) {
    Object.assign(this, { root, pages, sheet });
    this.view = "beside";
    this.chosen = { measure: -1, note: null };
    const kept = recall();
    this.opacity = kept.opacity ?? 0.7;
    const slider = document.querySelector("[data-opacity]");
    slider.value = this.opacity * 100;
    if (kept.view === "over" && this.pages.pane.querySelector("rect")) this.show("over");
    else this.fade(this.opacity);
  }

  show(view) {
    this.view = view;
    this.root.dataset.view = view;
    for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === view));
    document.querySelector("[data-opacity-label]").hidden = view !== "over";
    keep({ view });
    this.fade(this.opacity);
    this.redraw();
  }

  fade(opacity) {
    this.opacity = opacity;
    this.root.style.setProperty("--over", opacity);
    keep({ opacity });
  }

  choose(measure, note) {
    this.chosen = { measure, note };
    if (this.view !== "over") return;
    for (const old of this.pages.pane.querySelectorAll(".over .chosen, .over .picked")) old.classList.remove("chosen", "picked");
    const bar = this.pages.pane.querySelector(`.over [data-measure="${measure}"]`);
    bar?.classList.add("chosen");
    if (note !== null) bar?.querySelector(`[data-note="${note}"]`)?.classList.add("picked");
  }

  // Lay all bars anew, or those of the lines that begin with these bars.
  redraw() {
    for (const old of this.pages.pane.querySelectorAll("svg .over")) old.remove();
    if (this.view !== "over") return;
    this.staves = new Map(); // box on the page -> [top, bottom] of its staff
    for (const svg of this.pages.pane.querySelectorAll(".scan-sheet svg")) {
      for (const row of rows([...svg.querySelectorAll("rect[data-measure]")])) {
        const top = Math.max(...row.map(({ y }) => y));
        const bottom = Math.min(...row.map(({ y, height }) => y + height));
        for (const { rect, y, height } of row) this.staves.set(rect, bottom - top > 8 ? [top, bottom] : [y, y + height]);
      }
    }
    for (const line of this.sheet.lines) if (line.drawn) this.#lay(line);
    this.choose(this.chosen.measure, this.chosen.note);
  }

  #lay(line) {
    const drawing = line.element.querySelector("svg");
    if (!drawing) return;
    for (const bar of drawing.querySelectorAll("[data-measure]")) {
      const rect = this.pages.pane.querySelector(`rect[data-measure="${bar.dataset.measure}"]`);
      const staff = staffOf(bar);
      if (!rect || !staff) continue;
      const [x, width] = ["x", "width"].map((name) => Number(rect.getAttribute(name)));
      const [y, bottom] = this.staves.get(rect);
      const across = width / staff.width;
      const down = (bottom - y) / staff.height;
      const group = document.createElementNS(SVG, "g");
      group.setAttribute("class", "over");
      group.setAttribute("transform", `translate(${x} ${y}) scale(${across} ${down}) translate(${-staff.x} ${-staff.y})`);
      group.append(bar.cloneNode(true));
      rect.parentNode.append(group);
    }
  }
}

// Boxes of the page by their lines. A box is as high as what stands in its bar, so the staff is what all of a line share.
function rows(rects) {
  const found = [];
  for (const rect of rects) {
    const [x, y, height] = ["x", "y", "height"].map((name) => Number(rect.getAttribute(name)));
    const last = found.at(-1)?.at(-1);
    const same = last && x > last.x && y < last.y + last.height && last.y < y + height;
    if (same) found.at(-1).push({ rect, x, y, height });
    else found.push([{ rect, x, y, height }]);
  }
  return found;
}

// Where the lines of a bar's staff are, in units of the drawing.
function staffOf(bar) {
  const lines = [...bar.querySelectorAll(".staff > path")].map((path) => path.getBBox()).filter((box) => box.width > 0);
  if (!lines.length) return null;
  const x = Math.min(...lines.map((box) => box.x));
  const y = Math.min(...lines.map((box) => box.y));
  const width = Math.max(...lines.map((box) => box.x + box.width)) - x;
  const height = Math.max(...lines.map((box) => box.y + box.height)) - y;
  return { x, y, width, height: height || 1 };
}

function recall() {
  try { return JSON.parse(localStorage.getItem(STORE)) ?? {}; } catch { return {}; }
}
function keep(change) {
  try { localStorage.setItem(STORE, JSON.stringify({ ...recall(), ...change })); } catch { /* private browsing */ }
}
