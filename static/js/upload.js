// Uploads in parts: many files at once, a bar for each, going on after a lost connection or a reload.
//
// 1. start: the server checks limits and says which parts it has already (same name, size and date: same upload).
// 2. parts one after the other, two files at a time; a part that fails is sent again, later and later.
// 3. finish: the server looks at the bytes; the list of files is drawn anew.
// A reload forgets File objects. Where the browser can keep a handle of a dropped file, "Go on" asks for it;
// everywhere else the same file is chosen again.

const drop = document.getElementById("drop");
const rows = document.getElementById("uploads");
const token = drop?.querySelector("[name=csrfmiddlewaretoken]").value;
const AT_ONCE = 2;
const PATIENCE_MS = [500, 1000, 2000, 4000, 8000, 15000, 30000];
const waiting = [];
const running = new Set();

class Refused extends Error {
  constructor(message, { permanent = true } = {}) {
    super(message);
    this.permanent = permanent;
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const online = () =>
  navigator.onLine === false ? Promise.race([new Promise((resolve) => addEventListener("online", resolve, { once: true })), pause(30000)]) : null;
const fingerprint = (file) => `${file.name}|${file.size}|${file.lastModified}`.slice(0, 200);

function size(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  let unit = 0;
  while (bytes >= 1024 && unit < 3) {
    bytes /= 1024;
    unit += 1;
  }
  return `${unit ? bytes.toFixed(1) : bytes} ${units[unit]}`;
}

// ---- one request; rejects with Refused (the server's sentence) or a plain Error (worth trying again) ----
function ask(method, url, body, { onProgress, onRequest } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader("X-CSRFToken", token);
    request.setRequestHeader("Accept", "application/json");
    request.timeout = 10 * 60 * 1000;
    if (onProgress) request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => {
      if (request.status === 204) return resolve(null);
      let answer = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // Not ours: a proxy's page while the server restarts, or the login page.
      }
      if (request.responseURL.includes("/accounts/login/") || request.status === 403) {
        return reject(new Refused("You were logged out. Log in again; this upload goes on where it stopped."));
      }
      if (request.status < 300 && answer) return resolve(answer);
      if (answer?.problem) return reject(new Refused(answer.problem, { permanent: answer.permanent !== false }));
      if (request.status === 404) return reject(new Refused("This upload is gone: it was discarded, or its project was."));
      if (request.status === 413) return reject(new Refused("The server does not take parts of this size."));
      reject(new Error(`status ${request.status}`));
    });
    for (const end of ["error", "timeout"]) request.addEventListener(end, () => reject(new Error("no connection")));
    request.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
    onRequest?.(request);
    request.send(body);
  });
}

// ---- one file on its way ----
class Sending {
  constructor(file, { handle = null } = {}) {
    this.file = file;
    this.handle = handle;
    this.stopped = false; // paused or cancelled by the person
    this.done = 0; // bytes that the server has
    this.row = this.draw();
  }

  draw() {
    const row = document.createElement("li");
    row.innerHTML =
      '<div class="grow"><span class="title"></span><progress class="progress progress-small" max="1" value="0"></progress><div class="meta" role="status"></div></div><div class="actions"></div>';
    row.querySelector(".title").textContent = this.file.name;
    row.querySelector("progress").setAttribute("aria-label", `Upload of ${this.file.name}`);
    this.bar = row.querySelector("progress");
    this.words = row.querySelector(".meta");
    this.actions = row.querySelector(".actions");
    rows.hidden = false;
    rows.append(row);
    this.say("waiting");
    this.buttons([["Cancel", () => this.cancel()]]);
    return row;
  }

  buttons(wanted) {
    this.actions.replaceChildren(
      ...wanted.map(([label, act]) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "btn btn-small btn-quiet";
        button.textContent = label;
        const about = document.createElement("span");
        about.className = "visually-hidden";
        about.textContent = ` ${this.file.name}`;
        button.append(about);
        button.addEventListener("click", act);
        return button;
      }),
    );
  }

  say(text, tone = "") {
    // Short words carry a notehead; sentences that matter get a frame.
    this.words.className = { "": "meta", run: "tag tag-run", ok: "tag tag-ok", bad: "error" }[tone] ?? `notice${tone === "warn" ? " notice-warn" : ""}`;
    this.words.textContent = text;
  }

  show(sent = 0) {
    const share = (this.done + sent) / this.file.size;
    this.bar.value = share;
    const text = `${size(this.done + sent)} of ${size(this.file.size)} · ${Math.floor(share * 100)} %`;
    if (this.words.textContent !== text) this.say(text);
  }

  async run() {
    this.stopped = false;
    this.buttons([["Pause", () => this.pause()], ["Cancel", () => this.cancel()]]);
    try {
      const body = JSON.stringify({ project: drop.dataset.project, name: this.file.name, size: this.file.size, fingerprint: fingerprint(this.file) });
      this.upload = await this.patiently(() => ask("POST", drop.dataset.start, body));
      remember(this.upload.id, this.handle);
      document.querySelector(`[data-upload="${this.upload.id}"]`)?.remove();
      tidy();
      await this.send();
      this.say("looking at it…", "run");
      this.buttons([]);
      this.finished(await this.patiently(() => ask("POST", `${this.upload.url}finish/`)));
    } catch (error) {
      this.failed(error);
    }
  }

  async send() {
    const { part_size: step, parts, url } = this.upload;
    const have = new Set(this.upload.received);
    const length = (number) => Math.min(step, this.file.size - (number - 1) * step);
    this.done = [...have].reduce((sum, number) => sum + length(number), 0);
    this.show();
    for (let number = 1; number <= parts; number += 1) {
      if (have.has(number)) continue;
      const from = (number - 1) * step;
      const part = this.file.slice(from, from + length(number));
      await this.patiently(async () => {
        // A file that changed or went away on disk is not worth retrying; reading a byte tells.
        await part.slice(0, 1).arrayBuffer().catch(() => {
          throw new Refused("The file on your disk changed or is gone. Choose it again.");
        });
        return ask("PUT", `${url}parts/${number}/`, part, {
          onProgress: (sent) => this.show(Math.min(sent, part.size)),
          onRequest: (request) => (this.request = request),
        });
      });
      this.done += part.size;
      this.show();
    }
  }

  // Try until it works or makes no sense: a lost connection is waited out.
  async patiently(attempt) {
    for (let tries = 0; ; tries += 1) {
      if (this.stopped) throw new DOMException("stopped", "AbortError");
      try {
        return await attempt();
      } catch (error) {
        if (error.name === "AbortError" || (error instanceof Refused && error.permanent)) throw error;
        if (error instanceof Refused && tries >= PATIENCE_MS.length) throw error;
        this.say(error instanceof Refused ? error.message : "No connection; it goes on by itself as soon as there is one.", "warn");
        await online();
        await pause(PATIENCE_MS[Math.min(tries, PATIENCE_MS.length - 1)]);
      }
    }
  }

  finished(answer) {
    forget(answer.id);
    this.came = true;
    this.bar.value = 1;
    const { told, source } = answer;
    if (source?.problem) this.say(source.problem, "warn");
    else if (told) this.say(told, "told");
    else this.say("here", "ok");
    this.buttons([["Dismiss", () => this.leave()]]);
    if (!told && !source?.problem) setTimeout(() => this.leave(), 4000);
    document.body.dispatchEvent(new CustomEvent("sources-changed"));
  }

  failed(error) {
    if (error.name === "AbortError") return;
    this.say(error instanceof Refused ? error.message : "It stopped. Try again.", "bad");
    this.buttons([["Try again", () => queue(this)], ["Dismiss", () => this.leave()]]);
  }

  pause() {
    this.stopped = true;
    this.request?.abort();
    this.say(`paused at ${Math.floor((100 * this.done) / this.file.size)} %`);
    this.buttons([["Go on", () => queue(this)], ["Cancel", () => this.cancel()]]);
  }

  async cancel() {
    this.stopped = true;
    this.request?.abort();
    const place = waiting.indexOf(this);
    if (place >= 0) waiting.splice(place, 1);
    if (this.upload) {
      forget(this.upload.id);
      await ask("DELETE", this.upload.url).catch(() => {}); // the sweeper takes what stays
    }
    this.leave();
  }

  leave() {
    this.row.remove();
    tidy();
  }
}

function queue(sending) {
  waiting.push(sending);
  next();
}

async function next() {
  while (running.size < AT_ONCE && waiting.length) {
    const sending = waiting.shift();
    running.add(sending);
    sending.run().finally(() => {
      running.delete(sending);
      next();
      // After one that failed nothing is asked for: an answer to log in would take its row away.
      if (!running.size && sending.came) document.body.dispatchEvent(new CustomEvent("uploads-ended"));
    });
  }
}

function tidy() {
  rows.hidden = !rows.children.length;
  const left = document.getElementById("unfinished");
  if (left && !left.querySelector("[data-upload]")) left.remove();
}

function take(file, { handle = null } = {}) {
  const sending = new Sending(file, { handle });
  // Limits are said before a byte is sent; the server checks them again.
  if (!file.size) return sending.failed(new Refused("This file is empty; there is nothing in it to read."));
  if (file.size > Number(drop.dataset.fileBytes)) {
    return sending.failed(new Refused(`This file has ${size(file.size)}; one file may have ${drop.dataset.fileText}.`));
  }
  queue(sending);
}

// ---- handles of dropped files, kept over a reload where the browser can (Chromium) ----
const store = new Promise((resolve) => {
  if (!("indexedDB" in self) || !("getAsFileSystemHandle" in DataTransferItem.prototype)) return resolve(null);
  const opening = indexedDB.open("copyist-uploads", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("handles");
  opening.onsuccess = () => resolve(opening.result);
  opening.onerror = () => resolve(null); // a private window; uploads work all the same
});

async function remember(id, handle) {
  const database = handle && (await store);
  database?.transaction("handles", "readwrite").objectStore("handles").put(handle, id);
}

async function forget(id) {
  const database = await store;
  database?.transaction("handles", "readwrite").objectStore("handles").delete(id);
}

async function remembered(id) {
  const database = await store;
  if (!database) return null;
  return new Promise((resolve) => {
    const asking = database.transaction("handles").objectStore("handles").get(id);
    asking.onsuccess = () => resolve(asking.result ?? null);
    asking.onerror = () => resolve(null);
  });
}

async function offerToGoOn() {
  for (const row of document.querySelectorAll("[data-upload]")) {
    const handle = await remembered(row.dataset.upload);
    if (!handle) continue;
    const button = row.querySelector("[data-go-on]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      if ((await handle.requestPermission({ mode: "read" })) !== "granted") return;
      try {
        const file = await handle.getFile();
        if (fingerprint(file) === row.dataset.fingerprint) return take(file, { handle });
      } catch {
        // moved or deleted
      }
      forget(row.dataset.upload);
      button.hidden = true;
      row.querySelector(".meta").textContent = "The file changed or is gone; choose it again.";
    });
  }
}

// ---- the drop zone ----
function start() {
  const input = drop.querySelector("input[type=file]");
  const chosen = () => {
    for (const file of input.files) take(file);
    input.value = "";
  };
  input.addEventListener("change", chosen);
  chosen(); // by a hand that was quicker than this script
  drop.addEventListener("submit", (event) => event.preventDefault());
  let depth = 0;
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    drop.toggleAttribute("data-over", true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth -= 1;
    if (depth <= 0) drop.removeAttribute("data-over");
  });
  // Anywhere on the page: a file that misses the zone must not replace the page.
  document.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  document.addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    drop.removeAttribute("data-over");
    const dropped = [...event.dataTransfer.items]
      .filter((item) => item.kind === "file" && !item.webkitGetAsEntry?.()?.isDirectory)
      .map((item) => [item.getAsFile(), item.getAsFileSystemHandle?.().catch(() => null)]);
    for (const [file, handle] of dropped) if (file) take(file, { handle: await handle });
  });
  addEventListener("beforeunload", (event) => {
    if (running.size) event.preventDefault();
  });
  offerToGoOn();
}

if (drop) start();
