// The recording as alphaTab's external media: it plays our <audio>, and the score's cursor follows its clock.

export class Recording {
  constructor(url) {
    this.media = new Audio();
    this.media.preload = "metadata";
    this.media.src = url;
    this.media.preservesPitch = true;
    this.deaf = true; // until the score is there; while the score is exchanged under a playing recording, alphaTab's orders are not obeyed
    this.onrefused = () => {};
    // Chromium never ends a seek that falls into the fetching of a file's head: it waits until there is sound.
    this.pending = null;
    this.media.addEventListener("canplay", () => {
      if (this.pending !== null) this.media.currentTime = this.pending;
      this.pending = null;
    });
  }

  get seconds() { return this.pending ?? this.media.currentTime; }
  set seconds(seconds) {
    const end = Number.isFinite(this.media.duration) ? this.media.duration : Infinity;
    const inside = Math.min(Math.max(seconds, 0), end);
    if (this.media.readyState < 2 && !this.media.seeking) this.pending = inside;
    else this.media.currentTime = inside;
  }

  // IExternalMediaHandler, in milliseconds and 0..1
  get backingTrackDuration() { return Number.isFinite(this.media.duration) ? this.media.duration * 1000 : 0; }
  get playbackRate() { return this.media.playbackRate; }
  set playbackRate(rate) { if (!this.deaf) this.media.playbackRate = this.media.defaultPlaybackRate = rate; }
  get masterVolume() { return this.media.volume; }
  set masterVolume(volume) { /* the mixer sets it */ }
  seekTo(milliseconds) {
    if (this.deaf) return;
    const seconds = Math.max(0, milliseconds / 1000);
    // alphaTab repeats its place after a change of speed; a jump of nothing would only be heard as a click.
    if (Math.abs(seconds - this.seconds) > 0.02) this.seconds = seconds;
  }
  play() { if (!this.deaf) this.start(); }
  start() {
    this.media.play().catch((error) => { if (error.name !== "AbortError") this.onrefused(error); });
  }
  pause() { if (!this.deaf) this.media.pause(); }
}
