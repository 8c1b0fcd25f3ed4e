// The metronome over the recording: clicks at the very times where its beats were heard, scheduled ahead on the audio
// clock, so that a busy page never makes them stumble. They follow seeks, loops and speed.

const AHEAD = 0.25; // seconds
const EVERY = 40; // milliseconds between two looks at the clock

export class Clicks {
  constructor(media) {
    this.media = media;
    this.beats = []; // { seconds, strong }
    this.on = false;
    this.volume = 0.7;
    this.sounding = new Set();
    this.scheduled = []; // the last ones: which beat (seconds of the recording), seen when, for when
    for (const name of ["pause", "seeking", "waiting", "emptied", "ended"]) media.addEventListener(name, () => this.hush());
    media.addEventListener("ratechange", () => this.hush());
    media.addEventListener("playing", () => this.#run());
    media.addEventListener("seeked", () => this.#run());
  }

  set enabled(on) {
    this.on = on;
    if (on) this.#run();
    else this.hush();
  }
  get enabled() { return this.on; }

  setVolume(volume) {
    this.volume = volume;
    if (this.gain) this.gain.gain.value = volume;
  }

  // Take back whatever has not sounded yet.
  hush() {
    for (const source of this.sounding) source.stop();
    this.sounding.clear();
    this.next = null;
  }

  // Count `beats` beats `interval` seconds apart; resolves where the next one would fall, with false if interrupted.
  countIn(beats, interval) {
    const context = this.#context();
    const start = context.currentTime + 0.08;
    for (let i = 0; i < beats; i++) this.#click(start + i * interval, i === 0);
    const end = start + beats * interval;
    return new Promise((resolve) => {
      this.cancelCountIn = () => {
        clearTimeout(timer);
        this.hush();
        this.cancelCountIn = null;
        resolve(false);
      };
      const wait = (end - this.#heard()) * 1000 - 15; // an <audio> needs about that long to begin
      const timer = setTimeout(() => {
        this.cancelCountIn = null;
        resolve(true);
      }, Math.max(0, wait));
    });
  }

  #context() {
    if (!this.audio) {
      this.audio = new AudioContext({ latencyHint: "interactive" });
      this.gain = this.audio.createGain();
      this.gain.gain.value = this.volume;
      this.gain.connect(this.audio.destination);
      this.strong = this.#sound(1760);
      this.weak = this.#sound(1174.66);
    }
    if (this.audio.state === "suspended") this.audio.resume();
    return this.audio;
  }

  // A short wooden knock.
  #sound(hz) {
    const rate = this.audio.sampleRate;
    const buffer = this.audio.createBuffer(1, Math.round(rate * 0.05), rate);
    const samples = buffer.getChannelData(0);
    for (let i = 0; i < samples.length; i++) {
      const t = i / rate;
      samples[i] = Math.exp(-t * 110) * (0.8 * Math.sin(2 * Math.PI * hz * t) + 0.2 * Math.sin(2 * Math.PI * hz * 2.7 * t));
    }
    return buffer;
  }

  // What of the audio clock is heard now: scheduled sound comes out a little later than the clock says.
  #heard() {
    const stamp = this.audio.getOutputTimestamp?.();
    if (!stamp?.performanceTime) return this.audio.currentTime;
    return Math.min(this.audio.currentTime, stamp.contextTime + (performance.now() - stamp.performanceTime) / 1000);
  }

  #click(at, strong) {
    const source = this.audio.createBufferSource();
    source.buffer = strong ? this.strong : this.weak;
    source.connect(this.gain);
    source.start(Math.max(at, 0));
    this.sounding.add(source);
    source.onended = () => this.sounding.delete(source);
  }

  #run() {
    if (!this.on || this.media.paused) return;
    this.#context();
    this.#schedule();
    this.timer ??= setInterval(() => this.#schedule(), EVERY);
  }

  #schedule() {
    const { media } = this;
    if (!this.on || media.paused || media.ended) {
      clearInterval(this.timer);
      this.timer = null;
      return;
    }
    if (media.seeking || media.readyState < 3 || this.audio.state !== "running") return;
    const rate = media.playbackRate;
    const now = media.currentTime;
    const heard = this.#heard();
    const ahead = document.hidden ? 1.5 : AHEAD; // hidden pages are woken once a second
    this.next ??= this.beats.findIndex((beat) => beat.seconds >= now - 0.01);
    while (this.next >= 0 && this.next < this.beats.length && (this.beats[this.next].seconds - now) / rate < ahead) {
      const beat = this.beats[this.next++];
      const at = heard + (beat.seconds - now) / rate;
      if (this.until !== undefined && beat.seconds >= this.until) continue; // the loop turns before it
      if (at > this.audio.currentTime - 0.03) {
        this.#click(at, beat.strong);
        this.scheduled.push({ beat: beat.seconds, media: now, at, heard, rate });
        if (this.scheduled.length > 400) this.scheduled.shift();
      }
    }
  }
}
