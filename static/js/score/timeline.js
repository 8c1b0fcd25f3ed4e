// The map between three clocks: seconds of the recording, bars and quarters of the score, ticks of the player.
//
// It is made of sync points [bar index, quarters since the bar's start, seconds], one for every beat in the order in
// which they sound, and one for the end of the last bar. A bar that comes twice was repeated. Between two points time runs evenly; that is how the score follows
// a recording whose tempo drifts.

export const TICKS = 960; // per quarter note, alphaTab's unit

export class Timeline {
  constructor(sync) {
    this.points = [];
    const visits = new Map();
    let last = null;
    for (const [bar, quarters, seconds] of sync) {
      if (!Number.isFinite(seconds) || (last && seconds <= last.seconds)) continue;
      const entered = !last || bar !== last.bar || quarters <= last.quarters;
      if (entered) visits.set(bar, (visits.get(bar) ?? -1) + 1);
      last = { bar, quarters, seconds, visit: visits.get(bar), tick: null };
      this.points.push(last);
    }
    this.ticked = [];
  }

  get empty() { return this.points.length < 2; }
  get start() { return this.points[0]?.seconds ?? 0; }
  get end() { return this.points.at(-1)?.seconds ?? 0; }

  // The beats that are played: all points but the one that only closes the last bar.
  get beats() { return this.points.slice(0, -1); }

  // Bars as they sound, with when they begin and end.
  get spans() {
    const spans = [];
    for (const point of this.points) {
      const span = spans.at(-1);
      if (span && span.bar === point.bar && span.visit === point.visit) continue;
      if (span) span.end = point.seconds;
      spans.push({ bar: point.bar, visit: point.visit, start: point.seconds, end: this.end });
    }
    if (spans.at(-1)?.start >= this.end) spans.pop(); // the end, written as the beginning of a bar that is not there
    return spans;
  }

  // Learn the score: its bars in playing order, [{ index, start, end }] in ticks. Where the end of the last bar was not
  // told, it is taken to go on as evenly as it began.
  bind(bars) {
    const places = new Map();
    for (const bar of bars) {
      if (!places.has(bar.index)) places.set(bar.index, []);
      places.get(bar.index).push(bar);
    }
    this.bars = Math.max(0, ...bars.map((bar) => bar.index + 1));
    this.ticked = [];
    const add = (point, tick) => {
      const last = this.ticked.at(-1);
      if (last && (tick <= last.tick || point.seconds <= last.seconds)) return;
      point.tick = tick;
      this.ticked.push(point);
    };
    for (const point of this.points) {
      const place = places.get(point.bar)?.[point.visit];
      if (place) add(point, Math.min(place.start + point.quarters * TICKS, place.end));
      else if (point.bar >= this.bars) add(point, bars.at(-1).end);
    }
    const last = this.ticked.at(-1);
    const before = this.ticked.at(-2);
    const close = last && places.get(last.bar)?.[last.visit];
    if (close && before && last.tick < close.end) {
      const pace = (last.seconds - before.seconds) / (last.tick - before.tick);
      const end = { bar: this.bars, quarters: 0, visit: 0, seconds: last.seconds + (close.end - last.tick) * pace };
      this.points.push(end);
      add(end, close.end);
    }
  }

  secondsAt(tick) { return along(this.ticked, "tick", "seconds", tick); }
  tickAt(seconds) { return Math.max(0, along(this.ticked, "seconds", "tick", seconds)); }

  // The last point at or before a time; the first one before the music begins.
  pointAt(seconds) { return this.points[Math.max(0, upper(this.points, "seconds", seconds) - 1)]; }

  // What alphaTab's Score.applyFlatSyncPoints takes. `length(bar)` is a bar's length in quarters.
  flat(count, length) {
    const flat = [];
    for (const { bar, quarters, visit, seconds } of this.points) {
      if (bar < count) {
        flat.push({ barIndex: bar, barPosition: Math.min(1, quarters / length(bar)), barOccurence: visit, millisecondOffset: seconds * 1000 });
      }
    }
    const closing = this.points.at(-1);
    if (closing && closing.bar >= count && flat.length) {
      const { barOccurence } = flat.at(-1);
      flat.push({ barIndex: count - 1, barPosition: 1, barOccurence, millisecondOffset: closing.seconds * 1000 });
    }
    return flat;
  }
}

function upper(points, name, value) {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][name] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Straight lines between points; the first and the last line go on beyond the ends.
function along(points, from, to, value) {
  if (points.length < 2) return points[0]?.[to] ?? 0;
  const after = Math.min(Math.max(upper(points, from, value), 1), points.length - 1);
  const [a, b] = [points[after - 1], points[after]];
  return a[to] + ((value - a[from]) * (b[to] - a[to])) / (b[from] - a[from]);
}
