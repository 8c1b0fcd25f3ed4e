// Hears bars: a plain tone for each note, so that an ear compares them with the page. Repeats are not played.

const USUAL = 96; // quarters a minute, where the part does not say

export class Sound {
  constructor({ base, onbar, onstop }) {
    Object.assign(this, { base, onbar, onstop });
    this.playing = false;
  }

  // `on`: from this bar on, else it alone.
  async play(revision, measure, { on }) {
    this.stop();
    this.playing = true;
    const turn = (this.turn = {});
    const response = await fetch(`${this.base}r${revision}/sound/${measure}/${on ? "" : "?bars=1"}`).catch(() => null);
    if (this.turn !== turn) return;
    if (!response?.ok) return void this.stop();
    const told = await response.json();
    this.context ??= new AudioContext();
    await this.context.resume();
    const { context } = this;
    const quarter = 60 / (told.tempo || USUAL);
    const begin = context.currentTime + 0.06;
    this.out = new GainNode(context, { gain: 0.25 });
    this.out.connect(new DynamicsCompressorNode(context)).connect(context.destination);
    for (const [onset, length, midi] of told.notes) tone(context, this.out, begin + onset * quarter, length * quarter, midi);
    this.timers = told.bars.map(([bar, at]) => setTimeout(() => on && this.onbar(bar), (at * quarter + 0.06) * 1000));
    this.timers.push(setTimeout(() => this.stop(), (told.length * quarter + 0.4) * 1000));
  }

  stop() {
    this.turn = null;
    for (const timer of this.timers ?? []) clearTimeout(timer);
    this.timers = [];
    this.out?.disconnect();
    this.out = null;
    if (this.playing) this.onstop();
    this.playing = false;
  }
}

function tone(context, out, when, length, midi) {
  const gain = new GainNode(context, { gain: 0 });
  const end = when + Math.max(0.05, length * 0.92);
  gain.gain.setValueAtTime(0, when);
  gain.gain.linearRampToValueAtTime(0.8, when + 0.012);
  gain.gain.exponentialRampToValueAtTime(0.35, when + 0.15);
  gain.gain.setValueAtTime(0.35, Math.max(when + 0.15, end - 0.04));
  gain.gain.linearRampToValueAtTime(0, Math.max(when + 0.2, end));
  const wave = new OscillatorNode(context, { type: midi === null ? "square" : "triangle", frequency: midi === null ? 180 : 440 * 2 ** ((midi - 69) / 12) });
  wave.connect(gain).connect(out);
  wave.start(when);
  wave.stop(Math.max(when + 0.2, end) + 0.05);
}
