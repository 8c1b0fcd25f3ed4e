// The pages that were read, with a box for each bar.

const SVG = "http://www.w3.org/2000/svg";

export class Pages {
  constructor(pane) {
    this.pane = pane;
    this.words = new Map(); // measure -> why it is doubted
    this.fresh = true; // boxes that may say something else than these words
  }

  boxes(measure) { return here(this.pane, measure, "rect[data-measure]"); }

  choose(measure, { scroll }) {
    for (const old of this.pane.querySelectorAll(".chosen")) old.classList.remove("chosen");
    const boxes = this.boxes(measure);
    for (const box of boxes) box.classList.add("chosen");
    if (boxes.length && scroll) show(boxes[0], this.pane);
  }

  // [[measure, page, x0, y0, x1, y1, doubtful], …] where bars of the page belong to other bars now.
  setBoxes(boxes) {
    this.fresh = true;
    for (const figure of this.pane.querySelectorAll("[data-page]")) {
      const svg = figure.querySelector("svg");
      svg.replaceChildren(...boxes.filter((box) => box[1] === Number(figure.dataset.page)).map(([measure, , x0, y0, x1, y1]) => {
        const rect = document.createElementNS(SVG, "rect");
        const sides = { x: x0, y: y0, width: Math.max(x1 - x0, 1), height: Math.max(y1 - y0, 1) };
        for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, value);
        rect.dataset.measure = measure;
        rect.append(document.createElementNS(SVG, "title"));
        return rect;
      }));
    }
  }

  setDoubts(doubts) {
    const before = this.words;
    this.words = new Map(doubts.map((doubt) => [doubt.measure, doubt.words]));
    const told = this.fresh ? null : new Set([...before.keys(), ...this.words.keys()]); // a long part has many others
    this.fresh = false;
    for (const rect of this.pane.querySelectorAll("rect[data-measure]")) {
      const measure = Number(rect.dataset.measure);
      if (told && !told.has(measure)) continue;
      const words = this.words.get(measure);
      rect.classList.toggle("doubtful", words !== undefined);
      const title = rect.querySelector("title");
      const text = `Bar ${measure + 1}${words === undefined ? "" : `: ${words}`}`;
      if (title.textContent !== text) title.textContent = text; // writing what is there already costs a layout
    }
  }
}

// A rest of many bars is one on paper: then the last bar that begins at this one or before is meant.
export function here(pane, measure, selector) {
  const exact = pane.querySelectorAll(`${selector}[data-measure="${measure}"]`);
  if (exact.length) return [...exact];
  const bars = [...pane.querySelectorAll(selector)];
  const starts = bars.map((bar) => Number(bar.dataset.measure)).filter((start) => start <= measure);
  const start = Math.max(...starts);
  return bars.filter((bar) => Number(bar.dataset.measure) === start);
}

// The bar to the middle of its pane, and as much of the pane as there is room for into the window.
export function show(bar, pane) {
  pane.scrollIntoView({ block: "nearest" });
  const box = bar.getBoundingClientRect();
  const frame = pane.getBoundingClientRect();
  pane.scrollTo({
    top: pane.scrollTop + box.top + box.height / 2 - frame.top - frame.height / 2,
    left: pane.scrollLeft + box.left + box.width / 2 - frame.left - frame.width / 2,
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });
}
