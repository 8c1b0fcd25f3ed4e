// The score page: the drawn score, the recording and its waveform, and the bar of controls, kept in step.

import { Clicks } from "./score/clicks.js";
import { listen } from "./score/keys.js";
import { Recording } from "./score/recording.js";
import { openSheet } from "./score/sheet.js";
import { Timeline } from "./score/timeline.js";
import { watch } from "./score/watch.js";
import { Waveform } from "./score/waveform.js";

const SCALES = [0.6, 0.7, 0.8, 0.9, 1, 1.15, 1.3, 1.5, 1.75, 2];
const STORE = "copyist.player";

class Player {
  constructor(root) {
    this.root = root;
    this.data = JSON.parse(document.getElementById("score-data").textContent);
    this.kept = recall();
    this.timeline = this.data.sync.length > 1 ? new Timeline(this.data.sync) : null;
    this.recorded = !!root.dataset.recording && !!this.timeline;
    this.sound = this.recorded ? "recording" : "synth";
    this.view = this.kept.view ?? root.dataset.view ?? "both";
    this.scale = SCALES.includes(this.kept.scale) ? this.kept.scale : matchMedia("(max-width: 40rem)").matches ? 0.8 : 1;
    this.layout = this.kept.layout === "line" ? "line" : "page";
    this.speed = 1;
    this.loop = null; // { start, end } in ticks
    this.metronome = false;
    this.countIn = false;
    this.volumes = { recording: 1, synth: 1, clicks: 0.7 };
    if (this.recorded) this.#listenToRecording();
    this.#controls();
    this.ready = this.#open();
  }

  $(selector) { return this.root.querySelector(selector); }
  $$(selector) { return this.root.querySelectorAll(selector); }

  // --- opening -----------------------------------------------------------------------------------------------------
  #listenToRecording() {
    this.recording = new Recording(this.root.dataset.recording);
    const { media } = this.recording;
    this.clicks = new Clicks(media);
    this.#tellBeats();
    this.wave = new Waveform(this.$("[data-wave]"), {
      onseek: (seconds) => this.seekSeconds(seconds),
      onselect: ({ start, end }) => this.selectSeconds(start, end),
      onstep: (bars) => this.stepBars(bars),
    });
    this.wave.barNumber = (bar) => this.barNumber(bar);
    this.wave.setMarks({ spans: this.timeline.spans, beats: this.timeline.beats });
    this.wave.setDuration(this.timeline.end);
    this.wave.load(this.root.dataset.waveform).then(() => {
      if (!this.moved && !this.playing && this.wave.trim[0] > 0) this.seekSeconds(this.wave.trim[0]);
    }).catch(() => this.say("The waveform could not be fetched."));
    this.recording.onrefused = () => {
      this.sheet?.api.pause();
      this.say("The browser did not start the recording. Press play again.");
    };
    media.addEventListener("loadedmetadata", () => {
      if (Number.isFinite(media.duration) && !this.wave.peaks) this.wave.setDuration(media.duration);
      this.#enable();
    });
    media.addEventListener("error", () => {
      this.say("The recording could not be fetched; the notes can still be played.");
      this.$("[data-sound=recording]").disabled = true;
      this.setSound("synth");
    });
    media.addEventListener("play", () => this.#showPlaying());
    media.addEventListener("pause", () => {
      if (this.recording.deaf) return;
      if (this.sound === "recording" && this.sheet?.api.playerState === 1 && !media.ended) this.sheet.api.pause();
      this.#showPlaying();
    });
    media.addEventListener("ended", () => {
      if (this.loop) return this.seekTick(this.loop.start, { play: true });
      this.sheet?.api.pause();
      this.#showPlaying();
    });
    media.addEventListener("timeupdate", () => this.#follow()); // also where no frames are drawn: a hidden page
    media.addEventListener("seeked", () => this.#follow());
  }

  async #open() {
    try {
      const [bytes, sheet] = await Promise.all([
        fetchBytes(this.data.document),
        openSheet(this.$("[data-music]"), {
          alphaTabUrl: this.root.dataset.alphatab,
          fontUrl: this.root.dataset.fonts,
          soundFontUrl: this.root.dataset.soundfont,
          scroller: this.$("[data-scroll]"),
          sound: this.sound,
          scale: this.scale,
          layout: this.layout,
        }),
      ]);
      this.sheet = sheet;
      this.#listenToSheet();
      const drawn = new Promise((resolve) => { const off = sheet.api.postRenderFinished.on(() => { off(); resolve(); }); });
      sheet.load(bytes, { view: this.view, timeline: this.timeline });
      this.#offer();
      await drawn;
      this.$("[data-loading]").hidden = true;
      this.root.dataset.state = "ready";
      if (this.recording) {
        if (!this.recording.media.paused) sheet.api.play(); // somebody was faster than the score
        this.recording.deaf = false;
      }
      if (this.sound === "synth") whenIdle(() => this.#fetchSounds());
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error) {
    console.error(error);
    this.root.dataset.state = "failed";
    this.$("[data-loading]").hidden = true;
    this.$("[data-scroll]").hidden = true;
    this.$("[data-problem]").hidden = false;
    this.$("[data-problem-text]").textContent = this.recorded ? "The recording can still be played." : "";
  }

  #listenToSheet() {
    const { api } = this.sheet;
    if (this.recorded && this.sound === "recording") api.player.output.handler = this.recording;
    api.error.on((error) => { if (this.root.dataset.state !== "ready") this.#failed(error); });
    api.midiLoad.on(() => {
      if (this.timeline) {
        this.timeline.bind(this.sheet.bars);
        this.#tellBeats();
        this.wave?.setMarks({ spans: this.timeline.spans, beats: this.timeline.beats });
      }
      this.#enable();
    });
    api.playerReady.on(() => this.#enable());
    api.playerStateChanged.on(() => this.#showPlaying());
    api.playerPositionChanged.on((event) => {
      this.tick = event.currentTick;
      if (this.sound === "synth" || this.recording.media.paused) this.#showPlace();
    });
    api.playbackRangeChanged.on((event) => this.#rangeChanged(event.playbackRange));
    api.beatMouseDown.on((beat) => { this.touched = { beat, loop: this.loop }; });
    api.beatMouseUp.on(() => { this.touched = null; });
  }

  #offer() {
    for (const views of this.$$("[data-views]")) views.hidden = !this.sheet.fretted;
    this.#press("[data-view]", (button) => button.dataset.view === this.view);
    const { parts } = this.sheet;
    const select = this.$("[data-parts]");
    this.$("[data-parts-label]").hidden = parts.length < 2;
    select.replaceChildren(new Option("All parts", "-1"), ...parts.map((name, index) => new Option(name, String(index))));
  }

  #enable() {
    const ready = this.sound === "recording" ? this.recording.media.readyState > 0 : !!this.sheet?.api.tickCache;
    this.$("[data-do=play]").disabled = !ready;
  }

  // --- playing -----------------------------------------------------------------------------------------------------
  get playing() {
    if (this.counting) return true;
    if (this.sound === "recording") return !this.recording.media.paused;
    return this.sheet?.api.playerState === 1;
  }

  get seconds() {
    if (this.sound === "recording") return this.recording.seconds;
    return this.timeline?.ticked.length ? this.timeline.secondsAt(this.tick ?? 0) : (this.sheet?.api.timePosition ?? 0) / 1000;
  }

  async play() {
    if (this.playing) return;
    if (this.sound === "synth") {
      await this.#fetchSounds();
      this.sheet.api.play();
      return;
    }
    if (this.countIn && !(await this.#count())) return this.#showPlaying();
    // Without a drawn score, or before it is there, the recording still plays.
    if (this.root.dataset.state === "ready") this.sheet.api.play();
    else this.recording.start();
    this.#run();
  }

  pause() {
    if (this.counting) return this.clicks.cancelCountIn?.();
    if (this.sheet) this.sheet.api.pause();
    if (this.sound === "recording") this.recording.media.pause();
  }

  toggle() { return this.playing ? this.pause() : this.play(); }

  async #count() {
    const point = this.timeline.pointAt(this.seconds + 0.05);
    const span = this.timeline.spans.find((s) => s.bar === point.bar && s.visit === point.visit) ?? this.timeline.spans[0];
    const beats = this.timeline.beats.filter((b) => b.seconds >= span.start - 0.001 && b.seconds < span.end - 0.001).length || 4;
    this.counting = true;
    this.#showPlaying();
    const done = await this.clicks.countIn(beats, (span.end - span.start) / beats / this.speed);
    this.counting = false;
    return done;
  }

  #fetchSounds() {
    if (this.sheet.sounds) return this.sheet.sounds;
    this.say("Fetching the sounds of the instruments…");
    return this.sheet.fetchSounds().then(() => this.say(""), (error) => {
      this.sheet.forgetSounds();
      this.say("The sounds of the instruments could not be fetched. Press play to try again.");
      throw error;
    });
  }

  // The frame loop of the recording: alphaTab's cursor and the waveform's follow its clock.
  #run() {
    if (this.running) return;
    this.running = true;
    const frame = () => {
      if (this.sound !== "recording" || this.recording.media.paused) {
        this.running = false;
        return;
      }
      this.#follow();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  #follow() {
    if (this.sound !== "recording") return;
    const { media, deaf } = this.recording;
    const timeline = this.timeline;
    this.#showPlace();
    if (deaf || !this.sheet?.score || !timeline.ticked.length || media.paused || media.seeking) return;
    // Before the first beat and after the last the score waits at its ends; the recording goes on.
    const last = timeline.end - (this.loop ? 0 : 0.02);
    const seconds = Math.min(Math.max(media.currentTime, timeline.start), last);
    this.sheet.api.player.output.updatePosition(seconds * 1000);
  }

  seekSeconds(seconds) {
    if (this.sound !== "recording") return this.seekTick(this.timeline.tickAt(seconds));
    this.recording.seconds = seconds;
    this.moved = true;
    this.#placeCursor(this.timeline.tickAt(seconds));
    this.#showPlace(seconds);
  }

  seekTick(tick, { play = false } = {}) {
    if (this.sound === "recording") {
      this.seekSeconds(this.timeline.secondsAt(tick));
      if (play && this.recording.media.paused) this.play();
      return;
    }
    this.sheet.api.tickPosition = Math.max(0, Math.round(tick));
  }

  // Move the score's cursor without moving the recording.
  #placeCursor(tick) {
    if (!this.sheet || !this.timeline.ticked.length) return;
    const { deaf } = this.recording;
    this.recording.deaf = true;
    const end = this.sheet.bars.at(-1)?.end ?? 0;
    this.sheet.api.tickPosition = Math.min(Math.max(0, Math.round(tick)), Math.max(0, end - 2));
    this.recording.deaf = deaf;
    this.tick = tick;
  }

  get nowTick() {
    if (this.sound === "recording" && this.timeline.ticked.length) return this.timeline.tickAt(this.seconds);
    return this.tick ?? this.sheet?.api.tickPosition ?? 0;
  }

  stepBeats(by) {
    if (!this.sheet?.bars.length) return;
    const now = this.nowTick;
    const beats = this.sheet.bars.flatMap((bar) => this.sheet.beatsOf(bar));
    let index = beats.findLastIndex((tick) => tick <= now + 20);
    if (by < 0 && now - (beats[index] ?? 0) > 200) index += 1; // inside a beat, back means to its start
    this.seekTick(beats[Math.min(Math.max(index + by, 0), beats.length - 1)]);
  }

  stepBars(by) {
    const bars = this.sheet?.bars ?? [];
    if (!bars.length) return;
    const now = this.nowTick;
    let index = bars.findLastIndex((bar) => bar.start <= now + 20);
    if (by < 0 && now - bars[index].start > 500) index += 1;
    this.seekTick(bars[Math.min(Math.max(index + by, 0), bars.length - 1)].start);
  }

  setSpeed(speed) {
    this.speed = Math.min(Math.max(Math.round(speed * 20) / 20, 0.25), 2);
    if (this.recording) this.recording.playbackRate = this.speed;
    if (this.sheet) {
      this.sheet.api.playbackSpeed = this.speed;
    }
    const percent = Math.round(this.speed * 100);
    const slider = this.$("[data-speed]");
    slider.value = percent;
    slider.setAttribute("aria-valuetext", `${percent} percent`);
    this.$("[data-speed-text]").textContent = `${percent} %`;
  }

  setMetronome(on) {
    this.metronome = on;
    this.#press("[data-do=metronome]", () => on);
    this.#tellMetronome();
  }
  setCountIn(on) {
    this.countIn = on;
    this.#press("[data-do=count-in]", () => on);
    this.#tellMetronome();
  }
  #tellMetronome() {
    const synth = this.sound === "synth";
    if (this.clicks) {
      this.clicks.enabled = this.metronome && !synth;
      this.clicks.setVolume(this.volumes.clicks);
    }
    if (this.sheet) {
      this.sheet.api.metronomeVolume = this.metronome && synth ? this.volumes.clicks : 0;
      this.sheet.api.countInVolume = this.countIn && synth ? this.volumes.clicks : 0;
    }
  }
  #tellBeats() {
    if (this.clicks) this.clicks.beats = this.timeline.beats.map(({ seconds, quarters }) => ({ seconds, strong: quarters === 0 }));
  }

  setVolume(name, value) {
    this.volumes[name] = value;
    if (name === "recording" && this.recording) this.recording.media.volume = value;
    if (name === "synth" && this.sheet && this.sound === "synth") this.sheet.api.masterVolume = value;
    if (name === "clicks") this.#tellMetronome();
  }

  setSound(sound) {
    if (sound === this.sound) return;
    const tick = this.nowTick;
    const seconds = this.seconds;
    this.pause();
    this.clicks?.hush();
    this.sound = sound;
    this.#press("[data-sound]", (button) => button.dataset.sound === sound);
    if (!this.sheet) return this.#enable();
    const { api } = this.sheet;
    this.sheet.forgetSounds();
    let settled = false;
    const settle = () => {
      if (settled) return;
      settled = true;
      api.playbackSpeed = this.speed;
      api.masterVolume = sound === "synth" ? this.volumes.synth : 1;
      this.#tellMetronome();
      if (this.loop) this.#applyLoop();
      if (this.recording) this.recording.deaf = false;
      if (sound === "recording") this.seekSeconds(seconds);
      else this.seekTick(tick);
      this.#enable();
    };
    this.recording.deaf = true;
    this.sheet.setSound(sound);
    // Asked of the player itself: the same event of the api never returns while the synthesiser plays (1.8.4).
    api.player.instance.midiLoaded.on(() => queueMicrotask(settle));
    if (sound === "recording") api.player.output.handler = this.recording;
    else this.#fetchSounds().catch(() => {});
  }

  // --- loops -------------------------------------------------------------------------------------------------------
  // alphaTab holds the range; whoever sets it (a drag in the score or on the waveform, A and B, L), it ends here.
  #rangeChanged(range) {
    // The synthesiser lives in a worker and answers later: what we told it ourselves is no news.
    if (this.applying || (range && range.startTick === this.applied?.start && range.endTick === this.applied?.end - 1)) return;
    if (!range) {
      const kept = this.touched?.loop;
      if (kept) { // a click inside the loop moves the cursor and keeps the loop
        const start = this.sheet.api.tickCache.getBeatStart(this.touched.beat);
        if (start >= kept.start && start < kept.end) {
          this.setLoop(kept.start, kept.end, { stay: true });
          return this.seekTick(start);
        }
      }
      this.loop = null;
      return this.#showLoop();
    }
    this.setLoop(range.startTick, range.endTick);
  }

  // Loop the bars that these ticks touch.
  setLoop(from, to, { stay = false } = {}) {
    const bars = this.sheet.bars.filter((bar) => bar.start < to - 1 && bar.end > from + 1);
    if (!bars.length) return;
    this.loop = { start: bars[0].start, end: bars.at(-1).end };
    this.lastLoop = this.loop;
    this.#applyLoop(stay);
    this.#showLoop();
  }

  #applyLoop(stay = false) {
    const { api } = this.sheet;
    const range = new this.sheet.alphaTab.synth.PlaybackRange();
    range.startTick = this.loop.start;
    range.endTick = this.loop.end - 1;
    this.applied = this.loop;
    this.applying = true;
    const inside = this.nowTick >= this.loop.start && this.nowTick < this.loop.end;
    const tick = this.nowTick;
    if (this.recording && (stay || inside)) this.recording.deaf = true;
    api.playbackRange = range;
    api.isLooping = true;
    if (inside && !stay) {
      if (this.sound === "synth") api.tickPosition = Math.round(tick);
      else this.#placeCursor(tick);
    }
    if (this.recording) this.recording.deaf = false;
    this.applying = false;
  }

  clearLoop() {
    if (!this.loop) return;
    const tick = this.nowTick;
    this.loop = null;
    this.applying = true;
    this.sheet.api.isLooping = false;
    this.sheet.api.playbackRange = null;
    this.applying = false;
    if (this.sound === "synth") this.tick = tick;
    this.#showLoop();
  }

  toggleLoop() {
    if (!this.sheet?.bars.length) return;
    if (this.loop) return this.clearLoop();
    const here = this.lastLoop ?? this.sheet.barAt(this.nowTick);
    this.setLoop(here.start, here.end);
  }

  loopFrom() {
    const bar = this.sheet?.barAt(this.nowTick);
    if (bar) this.setLoop(bar.start, Math.max(this.loop?.end ?? 0, bar.end));
  }
  loopTo() {
    const bar = this.sheet?.barAt(this.nowTick - 1);
    if (bar) this.setLoop(Math.min(this.loop?.start ?? bar.start, bar.start), bar.end);
  }

  selectSeconds(start, end) {
    if (!this.timeline.ticked.length) return;
    this.setLoop(this.timeline.tickAt(start), this.timeline.tickAt(end));
  }

  #showLoop() {
    this.#press("[data-do=loop]", () => !!this.loop);
    const spot = this.loop && this.timeline
      ? { start: this.timeline.secondsAt(this.loop.start), end: this.timeline.secondsAt(this.loop.end) }
      : null;
    this.wave?.setLoop(spot);
    if (this.clicks) this.clicks.until = spot?.end;
    if (this.loop) {
      const first = this.sheet.barAt(this.loop.start).index;
      const last = this.sheet.barAt(this.loop.end - 1).index;
      this.say(first === last ? `Looping bar ${this.barNumber(first)}.` : `Looping bars ${this.barNumber(first)} to ${this.barNumber(last)}.`);
    } else this.say("");
  }

  // --- showing -----------------------------------------------------------------------------------------------------
  barNumber(index) {
    return this.sheet ? this.sheet.barNumber(index) : index + 1;
  }

  #showPlaying() {
    const { playing } = this;
    const button = this.$("[data-do=play]");
    button.setAttribute("aria-pressed", String(playing));
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.$("[data-when=playing]").hidden = !playing;
    this.$("[data-when=paused]").hidden = playing;
    if (playing && this.sound === "recording") this.#run();
  }

  #showPlace(seconds = this.seconds) {
    let index = 0;
    let beat = 1;
    if (this.sheet?.bars.length) {
      const tick = this.sound === "recording" ? this.timeline.tickAt(seconds) : this.nowTick;
      const bar = this.sheet.barAt(tick);
      index = bar.index;
      beat = Math.max(1, this.sheet.beatsOf(bar).filter((start) => start <= tick + 5).length);
    } else if (this.timeline) index = this.timeline.pointAt(seconds).bar;
    const bar = `Bar ${this.barNumber(index)}`;
    const total = this.recorded ? this.wave.duration : (this.sheet?.api.endTime ?? 0) / 1000;
    const time = clock(seconds) + (total ? ` / ${clock(total)}` : "");
    if (this.$("[data-bar]").textContent !== bar) this.$("[data-bar]").textContent = bar;
    if (this.$("[data-time]").textContent !== time) this.$("[data-time]").textContent = time;
    this.wave?.place(seconds, { text: `${bar}, beat ${beat}, ${clock(seconds)} of ${clock(total)}`, playing: this.playing });
  }

  say(text) { this.$("[data-status]").textContent = text; }

  #press(selector, on) {
    for (const button of this.$$(selector)) button.setAttribute("aria-pressed", String(on(button)));
  }

  setView(view) {
    if (!this.sheet?.fretted) return;
    this.view = view;
    this.#press("[data-view]", (button) => button.dataset.view === view);
    this.sheet.setView(view);
    keep({ view });
  }

  setScale(by) {
    const index = Math.min(Math.max(SCALES.indexOf(this.scale) + by, 0), SCALES.length - 1);
    this.scale = SCALES[index];
    this.$("[data-size]").textContent = `${Math.round(this.scale * 100)} %`;
    this.sheet?.setScale(this.scale);
    keep({ scale: this.scale });
  }

  setLayout(layout) {
    this.layout = layout;
    this.root.dataset.layout = layout;
    this.#press("[data-layout]", (button) => button.dataset.layout === layout);
    this.sheet?.setLayout(layout);
    keep({ layout });
  }

  async print() {
    if (!this.sheet?.score) return window.print();
    const back = await this.sheet.forPaper();
    window.print();
    back();
  }

  // A newer revision takes the place of this one: same bar, same scroll, and a playing recording plays on.
  async exchange(data) {
    const bytes = await fetchBytes(data.document);
    const music = this.$("[data-music]");
    const { api } = this.sheet;
    const [seconds, bar, playing] = [this.seconds, this.sheet.barAt(this.nowTick), this.playing];
    const within = this.nowTick - bar.start;
    const scrolled = window.scrollY;
    music.style.minHeight = `${music.offsetHeight}px`;
    this.sheet.setFollow(false); // the eye stays where it is, whatever the new layout moves
    if (this.recording) this.recording.deaf = true;
    this.data = data;
    this.loop = this.lastLoop = null;
    if (data.sync.length > 1 && this.recorded) this.timeline = new Timeline(data.sync);
    const drawn = new Promise((resolve) => { const off = api.postRenderFinished.on(() => { off(); resolve(); }); });
    this.sheet.load(bytes, { view: this.view, timeline: this.timeline });
    this.#offer();
    this.#showLoop();
    await drawn;
    if (this.sound === "recording") {
      if (playing) api.play();
      this.#placeCursor(this.timeline.tickAt(seconds));
    } else {
      const same = this.sheet.bars.find((b) => b.index === bar.index) ?? this.sheet.bars.at(-1);
      this.seekTick(Math.min(same.start + within, same.end - 1));
    }
    if (this.recording) this.recording.deaf = false;
    music.style.minHeight = "";
    window.scrollTo({ top: scrolled, behavior: "instant" });
    this.#showPlace();
    this.#showPlaying();
    setTimeout(() => this.sheet.setFollow(this.$("[data-follow]").checked), 1000);
  }

  // --- controls ----------------------------------------------------------------------------------------------------
  #controls() {
    const actions = {
      play: () => this.toggle(),
      loop: () => this.toggleLoop(),
      "loop-from": () => this.loopFrom(),
      "loop-to": () => this.loopTo(),
      metronome: () => this.setMetronome(!this.metronome),
      "count-in": () => this.setCountIn(!this.countIn),
      smaller: () => this.setScale(-1),
      larger: () => this.setScale(1),
      print: () => this.print(),
      keys: () => document.querySelector("[data-keys]").showModal(),
    };
    this.root.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button || !this.root.contains(button)) return;
      const { do: what, view, sound, layout } = button.dataset;
      if (what) actions[what]?.();
      else if (view) this.setView(view);
      else if (sound) this.setSound(sound);
      else if (layout) this.setLayout(layout);
      else return;
      if (event.detail > 0) button.blur(); // so that the space bar plays, whatever was clicked last
    });
    this.$("[data-speed]").addEventListener("input", (event) => this.setSpeed(event.target.value / 100));
    for (const slider of this.$$("[data-volume]")) {
      slider.addEventListener("input", () => this.setVolume(slider.dataset.volume, slider.value / 100));
    }
    this.$("[data-parts]").addEventListener("change", (event) => this.sheet.setPart(Number(event.target.value)));
    this.$("[data-follow]").addEventListener("change", (event) => this.sheet.setFollow(event.target.checked));
    this.$("[data-size]").textContent = `${Math.round(this.scale * 100)} %`;
    this.root.dataset.layout = this.layout;
    this.#press("[data-layout]", (button) => button.dataset.layout === this.layout);
    document.addEventListener("copyist:theme", () => {
      this.wave?.recolour();
      this.sheet?.recolour();
    });
    listen({
      space: actions.play,
      ArrowLeft: () => this.stepBeats(-1),
      ArrowRight: () => this.stepBeats(1),
      ArrowUp: () => this.stepBars(-1),
      ArrowDown: () => this.stepBars(1),
      Home: () => (this.recorded && this.sound === "recording" ? this.seekSeconds(0) : this.seekTick(0)),
      l: actions.loop,
      a: actions["loop-from"],
      b: actions["loop-to"],
      Escape: () => this.clearLoop(),
      m: actions.metronome,
      c: actions["count-in"],
      "+": () => this.setSpeed(this.speed + 0.05),
      "=": () => this.setSpeed(this.speed + 0.05),
      "-": () => this.setSpeed(this.speed - 0.05),
      1: () => this.setView("staff"),
      2: () => this.setView("tab"),
      3: () => this.setView("both"),
      "?": actions.keys,
    }, { print: actions.print });
  }
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

async function fetchBytes(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the document could not be fetched (${response.status})`);
  return new Uint8Array(await response.arrayBuffer());
}

function whenIdle(work) {
  if (navigator.connection?.saveData) return;
  (window.requestIdleCallback ?? ((go) => setTimeout(go, 200)))(() => { Promise.resolve(work()).catch(() => {}); });
}

function recall() {
  try { return JSON.parse(localStorage.getItem(STORE)) ?? {}; } catch { return {}; }
}
function keep(change) {
  try { localStorage.setItem(STORE, JSON.stringify({ ...recall(), ...change })); } catch { /* private browsing */ }
}

const root = document.getElementById("player");
export const player = root ? new Player(root) : null;
if (player?.root.dataset.latest) watch(player);
