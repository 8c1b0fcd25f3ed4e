// The drawn score: alphaTab in our colours and faces, its bars as the player wants them.

const MUSIC = { page: 0, line: 1 };
const SOUND = { synth: 2, recording: 4 }; // alphaTab's PlayerMode

export async function openSheet(element, { alphaTabUrl, fontUrl, soundFontUrl, scroller, sound, scale, layout }) {
  const alphaTab = await import(alphaTabUrl);
  return new Sheet(alphaTab, element, { fontUrl, soundFontUrl, scroller, sound, scale, layout });
}

class Sheet {
  constructor(alphaTab, element, { fontUrl, soundFontUrl, scroller, sound, scale, layout }) {
    this.alphaTab = alphaTab;
    this.element = element;
    this.soundFontUrl = soundFontUrl;
    this.scroller = scroller;
    const settings = new alphaTab.Settings();
    settings.core.smuflFontSources = new Map([[alphaTab.FontFileFormat.Woff2, new URL(fontUrl, location.href).href]]);
    settings.core.logLevel = alphaTab.LogLevel.Warning;
    settings.core.includeNoteBounds = false;
    settings.display.scale = scale;
    settings.display.layoutMode = MUSIC[layout];
    settings.display.stretchForce = 0.9;
    settings.display.justifyLastSystem = false;
    settings.display.padding = [0, 8, 0, 8];
    settings.display.firstSystemPaddingTop = 4;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    settings.player.playerMode = SOUND[sound];
    settings.player.soundFont = null; // a megabyte that only the synthesiser needs; it is fetched when it is wanted
    settings.player.enableCursor = true;
    settings.player.enableAnimatedBeatCursor = !calm;
    settings.player.enableElementHighlighting = true;
    settings.player.enableUserInteraction = true;
    settings.player.bufferTimeInMilliseconds = 300;
    const hidden = alphaTab.NotationElement;
    for (const name of ["ScoreTitle", "ScoreSubTitle", "ScoreArtist", "ScoreAlbum", "ScoreWords", "ScoreMusic",
      "ScoreWordsAndMusic", "ScoreCopyright", "GuitarTuning", "EffectCapo"]) {
      settings.notation.elements.set(hidden[name], false); // the page says it
    }
    this.settings = settings;
    this.#dress();
    this.api = new alphaTab.AlphaTabApi(element, settings);
    this.follower = new Follower(this, calm);
    this.api.customScrollHandler = this.follower;
    this.api.postRenderFinished.on(() => this.#numberBars());
  }

  // Read a document and draw it. `timeline` (or null) tells where its beats lie in the recording.
  load(bytes, { view, timeline, part }) {
    const score = this.alphaTab.importer.ScoreLoader.loadScoreFromBytes(bytes, this.settings);
    this.score = score;
    if (timeline && !timeline.empty) {
      const lengths = score.masterBars.map((bar) => bar.calculateDuration() / 960);
      score.applyFlatSyncPoints(timeline.flat(lengths.length, (bar) => lengths[bar] || 4));
    }
    this.#show(view);
    this.settings.notation.elements.set(this.alphaTab.NotationElement.TrackNames, score.tracks.length > 1);
    const { TrackNameOrientation, TrackNameMode } = this.alphaTab.model;
    score.stylesheet.firstSystemTrackNameOrientation = TrackNameOrientation.Horizontal;
    score.stylesheet.firstSystemTrackNameMode = TrackNameMode.FullName;
    score.stylesheet.barNumberDisplay = this.alphaTab.model.BarNumberDisplay.Hide; // it would count a pick-up bar
    this.api.updateSettings();
    this.api.renderScore(score, this.#tracks(part));
  }

  get fretted() { return !!this.score?.tracks.some((track) => track.staves.some((staff) => staff.isStringed)); }
  get parts() { return this.score ? this.score.tracks.map((track) => track.name || `Part ${track.index + 1}`) : []; }

  // The bars in playing order; a repeated bar comes again.
  get bars() {
    return (this.api.tickCache?.masterBars ?? []).map((bar) => ({ index: bar.masterBar.index, start: bar.start, end: bar.end }));
  }

  barAt(tick) {
    const bars = this.bars;
    return bars.find((bar) => tick < bar.end) ?? bars.at(-1) ?? { index: 0, start: 0, end: 1 };
  }

  // As on paper: a pick-up bar has none, the first whole bar is 1.
  barNumber(index) { return this.score?.masterBars[0]?.isAnacrusis ? index : index + 1; }

  // The ticks of the beats inside a bar (as its metre counts them).
  beatsOf(bar) {
    const { timeSignatureNumerator: over, timeSignatureDenominator: under } = this.score.masterBars[bar.index];
    const compound = under >= 8 && over > 3 && over % 3 === 0;
    const beat = (3840 / under) * (compound ? 3 : 1);
    const beats = [];
    for (let tick = bar.start; tick < bar.end - 1; tick += beat) beats.push(tick);
    return beats;
  }

  setView(view) { this.#show(view); this.api.render(); }
  setPart(part) { this.api.renderTracks(this.#tracks(part).map((index) => this.score.tracks[index])); }

  setScale(scale) { this.#change(() => { this.settings.display.scale = scale; }); }
  setLayout(layout) { this.#change(() => { this.settings.display.layoutMode = MUSIC[layout]; }); }
  setFollow(follow) { this.follower.on = follow; }
  get line() { return this.settings.display.layoutMode === MUSIC.line; }
  recolour() { this.#change(() => this.#dress()); }

  // Play by "synth" or by "recording" from now on.
  setSound(sound) {
    this.settings.player.playerMode = SOUND[sound];
    this.api.updateSettings();
  }
  fetchSounds() {
    this.sounds ??= new Promise((resolve, reject) => {
      this.api.soundFontLoaded.on(resolve);
      const ready = this.api.player.ready;
      const once = () => { if (!this.asked) { this.asked = true; this.api.loadSoundFontFromUrl(this.soundFontUrl, false); } };
      if (this.api.player.isReady) once();
      else ready.on(once);
      setTimeout(() => reject(new Error("the sounds did not arrive")), 60000);
    });
    return this.sounds;
  }
  forgetSounds() { this.sounds = null; this.asked = false; }

  // Everything at once on paper's width, for printing; resolves when it is drawn. Call the answer to go back.
  async forPaper() {
    const before = [this.settings.display.scale, this.settings.display.layoutMode, this.settings.core.enableLazyLoading];
    const drawn = () => new Promise((resolve) => { const off = this.api.postRenderFinished.on(() => { off(); resolve(); }); });
    this.element.classList.add("on-paper");
    this.#dress();
    this.settings.core.enableLazyLoading = false;
    this.settings.display.scale = 0.85;
    this.settings.display.layoutMode = MUSIC.page;
    let done = drawn();
    this.api.updateSettings();
    this.api.render();
    await done;
    return () => {
      this.element.classList.remove("on-paper");
      this.#dress();
      [this.settings.display.scale, this.settings.display.layoutMode, this.settings.core.enableLazyLoading] = before;
      this.api.updateSettings();
      this.api.render();
    };
  }

  // One number at the beginning of each system, over its first staff; where all is one line, over each bar.
  #numberBars() {
    const systems = this.api.boundsLookup?.staffSystems ?? [];
    const bars = this.line ? systems.flatMap((system) => system.bars) : systems.map((system) => system.bars[0]);
    const numbers = bars.filter((bar) => this.barNumber(bar.index) > 1).map((bar) => {
      const number = document.createElement("span");
      number.textContent = this.barNumber(bar.index);
      const staff = bar.bars[0]?.visualBounds ?? bar.visualBounds;
      number.style.left = `${bar.visualBounds.x}px`;
      number.style.top = `${staff.y}px`;
      return number;
    });
    this.numbers ??= Object.assign(document.createElement("div"), { className: "bar-numbers", ariaHidden: "true" });
    this.numbers.replaceChildren(...numbers);
    this.element.append(this.numbers);
  }

  #tracks(part) {
    const all = this.score.tracks.map((track) => track.index);
    return part === undefined || part < 0 || part >= all.length ? all : [part];
  }

  #show(view) {
    for (const track of this.score.tracks) {
      for (const staff of track.staves) {
        if (!staff.isStringed) continue;
        staff.showTablature = view !== "staff";
        staff.showStandardNotation = view !== "tab";
        staff.standardNotationLineCount = 5; // alphaTab counts the strings here
      }
    }
  }

  #change(change) {
    change();
    this.api.updateSettings();
    if (this.score) this.api.render();
  }

  #dress() {
    const { Color, Font } = this.alphaTab.model;
    const style = getComputedStyle(this.element);
    const colour = (name, fallback) => Color.fromJson(style.getPropertyValue(name).trim() || fallback);
    const of = this.settings.display.resources;
    of.mainGlyphColor = of.scoreInfoColor = colour("--score-ink", "#0d0e10");
    of.secondaryGlyphColor = of.mainGlyphColor; // a second voice is not a lesser one
    of.staffLineColor = colour("--staff-line", "#8a8e94");
    of.barSeparatorColor = colour("--score-ink", "#0d0e10");
    of.barNumberColor = colour("--ink-2", "#52565d");
    const sans = ["Source Sans", "Arial", "sans-serif"];
    const serif = ["Old Standard", "Georgia", "serif"];
    of.tablatureFont = Font.withFamilyList(sans, 13.5);
    of.graceFont = Font.withFamilyList(sans, 10.5);
    of.barNumberFont = Font.withFamilyList(sans, 11);
    of.markerFont = Font.withFamilyList(serif, 15);
    of.wordsFont = Font.withFamilyList(serif, 15);
  }
}

// Keeps the music that sounds in view, below what stays at the top of the page: alphaTab's scroll handler. It moves when
// another system begins (in one line: another bar), so whoever looks elsewhere meanwhile is not pulled back every beat.
class Follower {
  constructor(sheet, calm) {
    this.sheet = sheet;
    this.on = true;
    this.behavior = calm ? "instant" : "smooth";
    this.last = null;
  }

  forceScrollTo(bounds) { this.#show(bounds.barBounds.masterBarBounds); }

  onBeatCursorUpdating(bounds) {
    const bar = bounds.barBounds.masterBarBounds;
    const place = this.sheet.line ? bar.index : bar.staffSystemBounds.index;
    if (!this.on || place === this.last) return;
    this.last = place;
    this.#show(bar);
  }

  #show(bar) {
    const { element, scroller, line } = this.sheet;
    if (line) {
      const { x, w } = bar.visualBounds;
      const { scrollLeft, clientWidth } = scroller;
      if (x < scrollLeft || x + w > scrollLeft + clientWidth) scroller.scrollTo({ left: x - 48, behavior: this.behavior });
      return;
    }
    const { y, h } = bar.staffSystemBounds.visualBounds;
    const top = element.getBoundingClientRect().top + y;
    const head = element.closest(".player").querySelector(".player-head").offsetHeight; // it stays at the top
    if (top < head || top + h > innerHeight) window.scrollBy({ top: top - head - 16, behavior: this.behavior });
  }

  [Symbol.dispose]() {}
}
