// The recording as alphaTab's external media: it plays our <audio>, and the score's cursor follows its clock.

export class Recording {
  constructor(url) {
    this.media = new Audio();
    this.media.preload = "metadata";
    this.media.src = url;
    this.media.preservesPitch = true;
    this.deaf = false; // while the score is exchanged under a playing recording, alphaTab's orders are not obeyed
    this.onrefused = () => {};
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
    if (Math.abs(seconds - this.media.currentTime) > 0.02) this.media.currentTime = seconds;
  }
  play() {
    if (this.deaf) return;
    this.media.play().catch((error) => { if (error.name !== "AbortError") this.onrefused(error); });
  }
  pause() { if (!this.deaf) this.media.pause(); }
}
