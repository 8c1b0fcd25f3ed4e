// The recording, drawn: its waveform with bars and beats on it, the loop, what is cut off, and the cursor.
//
// The canvas is as wide as what can be seen and stays in view; the bed behind it is as wide as the whole recording at
// the chosen zoom and only scrolls. Click to seek, drag to select bars.

const LANE = 18; // px above the wave for bar numbers
const MOST = 240; // px a second at the closest zoom

export class Waveform {
  constructor(root, { onseek, onselect, onstep }) {
    this.root = root;
    this.bed = root.querySelector("[data-wave-bed]");
    this.scroller = root.querySelector("[data-wave-scroll]");
    this.canvas = root.querySelector("[data-wave-canvas]");
    this.duration = 0;
    this.zoom = 1;
    this.seconds = 0;
    this.spans = [];
    this.beats = [];
    this.loop = null;
    this.trim = [0, Infinity];
    this.hooks = { onseek, onselect, onstep };
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.#size()).observe(this.scroller);
    this.#pointer();
    for (const button of root.querySelectorAll("[data-wave-zoom]")) {
      button.addEventListener("click", () => this.setZoom(this.zoom * (button.dataset.waveZoom === "in" ? 2 : 0.5)));
    }
    this.scroller.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.setZoom(this.zoom * (event.deltaY < 0 ? 1.25 : 0.8), this.#secondsAt(event.clientX));
    }, { passive: false });
    this.recolour();
  }

  async load(url) {
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`waveform: ${response.status}`);
    const { duration, peaks, peaks_per_second: rate, start, end } = await response.json();
    const bytes = Uint8Array.from(atob(peaks), (letter) => letter.charCodeAt(0));
    this.peaks = new Int8Array(bytes.buffer);
    this.loudest = Math.max(1, this.peaks.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    this.rate = rate;
    this.trim = [start || 0, end || duration];
    this.setDuration(duration);
  }

  setDuration(duration) {
    this.duration = duration;
    this.bed.setAttribute("aria-valuemax", duration.toFixed(1));
    this.#size();
  }

  setMarks({ spans, beats }) {
    this.spans = spans;
    this.beats = beats;
    this.draw();
  }

  setLoop(loop) {
    this.loop = loop; // { start, end } in seconds, or null
    this.draw();
  }

  // Where the recording is now. `playing` keeps it in view.
  place(seconds, { text, playing = false } = {}) {
    this.seconds = seconds;
    if (text && text !== this.text) {
      this.text = text;
      this.bed.setAttribute("aria-valuenow", seconds.toFixed(1));
      this.bed.setAttribute("aria-valuetext", text);
    }
    if (playing && this.zoom > 1 && !this.dragging) {
      const x = this.#x(seconds) - this.scroller.scrollLeft;
      if (x < 0 || x > this.width * 0.92) this.scroller.scrollLeft = this.#x(seconds) - this.width * 0.12;
    }
    this.draw();
  }

  setZoom(zoom, keep = this.seconds) {
    const most = Math.max(1, (MOST * this.duration) / Math.max(1, this.width));
    const before = this.#x(keep) - this.scroller.scrollLeft;
    this.zoom = Math.min(Math.max(zoom, 1), most);
    for (const button of this.root.querySelectorAll("[data-wave-zoom]")) {
      button.disabled = button.dataset.waveZoom === "in" ? this.zoom >= most : this.zoom <= 1;
    }
    this.#size();
    const inside = before >= 0 && before <= this.width ? before : this.width / 2;
    this.scroller.scrollLeft = this.#x(keep) - inside;
    this.draw();
  }

  recolour() {
    const style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(name).trim();
    this.colours = {
      wave: colour("--wave"), played: colour("--wave-played"), cursor: colour("--cursor"), ink: colour("--ink"),
      quiet: colour("--ink-2"), line: colour("--line-2"), tint: colour("--accent-tint"), paper: colour("--sheet"),
      shade: colour("--shade"), face: colour("--sans") || "sans-serif",
    };
    this.draw();
  }

  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.#draw();
    });
  }

  get perSecond() { return (this.width * this.zoom) / Math.max(this.duration, 0.001); }
  #x(seconds) { return seconds * this.perSecond; }
  #secondsAt(clientX) {
    const x = clientX - this.bed.getBoundingClientRect().left;
    return Math.min(Math.max(x / this.perSecond, 0), this.duration);
  }

  #size() {
    this.width = this.scroller.clientWidth;
    this.height = this.scroller.clientHeight;
    this.bed.style.width = `${this.width * this.zoom}px`;
    const dense = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * dense);
    this.canvas.height = Math.round(this.height * dense);
    this.canvas.style.width = `${this.width}px`;
    this.canvas.style.height = `${this.height}px`;
    this.draw();
  }

  #draw() {
    const pen = this.canvas.getContext("2d");
    const dense = this.canvas.width / Math.max(1, this.width);
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    if (!this.duration) return;
    const left = this.scroller.scrollLeft;
    const { colours } = this;
    const x = (seconds) => this.#x(seconds) - left;
    const visible = (seconds) => x(seconds) > -40 && x(seconds) < this.width + 4;

    if (this.loop) {
      pen.fillStyle = colours.tint;
      pen.fillRect(x(this.loop.start), 0, x(this.loop.end) - x(this.loop.start), this.height);
    }
    this.#wave(pen, left);
    for (const [from, to] of [[0, this.trim[0]], [this.trim[1], this.duration]]) {
      if (to - from < 0.02) continue;
      pen.globalAlpha = 0.75;
      pen.fillStyle = colours.shade;
      pen.fillRect(x(from), LANE, x(to) - x(from), this.height - LANE);
      pen.globalAlpha = 1;
    }

    const gap = this.spans.length > 1 ? this.#x(this.spans[1].start) - this.#x(this.spans[0].start) : Infinity;
    const beatGap = this.beats.length > 1 ? this.#x(this.beats[1].seconds) - this.#x(this.beats[0].seconds) : 0;
    pen.fillStyle = colours.line;
    if (beatGap > 5) {
      for (const beat of this.beats) {
        if (visible(beat.seconds)) pen.fillRect(Math.round(x(beat.seconds)), LANE - 4, 1, 4);
      }
    }
    // Bar lines as far as they stay readable; numbers at distances that musicians count in.
    const every = [1, 2, 4, 8, 16, 32, 64, 128].find((n) => gap * n >= 30) ?? 128;
    pen.font = `11px ${colours.face}`;
    pen.textBaseline = "alphabetic";
    this.spans.forEach((span, index) => {
      if (!visible(span.start)) return;
      const named = index % every === 0;
      const at = Math.round(x(span.start));
      if (gap > 4 || named) {
        pen.globalAlpha = named ? 0.75 : 0.35;
        pen.fillStyle = colours.line;
        pen.fillRect(at, named ? 2 : LANE - 6, 1, this.height);
        pen.globalAlpha = 1;
      }
      if (named) {
        pen.fillStyle = colours.quiet;
        pen.fillText(String(this.barNumber?.(span.bar) ?? span.bar + 1), at + 4, LANE - 7);
      }
    });
    if (this.picking) {
      pen.fillStyle = colours.tint;
      pen.globalAlpha = 0.6;
      pen.fillRect(x(this.picking.start), 0, x(this.picking.end) - x(this.picking.start), this.height);
      pen.globalAlpha = 1;
    }
    pen.fillStyle = colours.cursor;
    pen.fillRect(Math.round(x(this.seconds)) - 1, 0, 2, this.height);
  }

  #wave(pen, left) {
    if (!this.peaks) return;
    const { colours, peaks, rate } = this;
    const count = peaks.length / 2;
    const middle = LANE + (this.height - LANE) / 2;
    const tall = ((this.height - LANE) / 2 - 2) / this.loudest;
    const now = this.#x(this.seconds) - left;
    for (let column = 0; column < this.width; column++) {
      const from = Math.floor(((column + left) / this.perSecond) * rate);
      const to = Math.max(from + 1, Math.floor(((column + 1 + left) / this.perSecond) * rate));
      if (from >= count) break;
      let low = 127;
      let high = -127;
      for (let i = from; i < Math.min(to, count); i++) {
        if (peaks[2 * i] < low) low = peaks[2 * i];
        if (peaks[2 * i + 1] > high) high = peaks[2 * i + 1];
      }
      pen.fillStyle = column < now ? colours.played : colours.wave;
      pen.fillRect(column, middle - high * tall, 1, Math.max(1, (high - low) * tall));
    }
  }

  #pointer() {
    let from = null;
    this.bed.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      from = { x: event.clientX, seconds: this.#secondsAt(event.clientX) };
      if (event.pointerType === "mouse") this.bed.setPointerCapture(event.pointerId);
    });
    this.bed.addEventListener("pointermove", (event) => {
      if (!from || (!this.dragging && Math.abs(event.clientX - from.x) < 5)) return;
      this.dragging = true;
      const to = this.#secondsAt(event.clientX);
      this.picking = { start: Math.min(from.seconds, to), end: Math.max(from.seconds, to) };
      this.draw();
    });
    const end = (event) => {
      if (!from) return;
      const { picking, dragging } = this;
      const { seconds } = from;
      from = this.picking = null;
      this.dragging = false;
      if (event.type === "pointercancel") return this.draw();
      if (dragging && picking) this.hooks.onselect(picking);
      else this.hooks.onseek(seconds);
    };
    this.bed.addEventListener("pointerup", end);
    this.bed.addEventListener("pointercancel", end);
    // The slider of ARIA: the page's own keys move by beat and bar; these two are the slider's.
    this.bed.addEventListener("keydown", (event) => {
      const step = { PageUp: -4, PageDown: 4 }[event.key];
      if (step) {
        event.preventDefault();
        this.hooks.onstep(step);
      } else if (event.key === "End") {
        event.preventDefault();
        this.hooks.onseek(this.duration);
      }
    });
  }
}
