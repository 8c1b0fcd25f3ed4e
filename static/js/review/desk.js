// What goes to the server, one change after the other: each is made from the revision that the one before left.

const token = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";

export class Desk {
  constructor({ base, revision, wide }) {
    Object.assign(this, { base, revision, wide });
    this.waiting = []; // { name, edit, work, done }
    this.onproblem = () => {};
  }

  // Keys that come faster than answers are gathered: five steps up that wait are one change by five.
  queue(name, edit, work, done) {
    const last = this.waiting.at(-1);
    if (edit && last?.edit && MERGE.has(name) && last.name === name && this.busy) {
      last.edit = { ...last.edit, by: last.edit.by + edit.by };
      if (!last.edit.by) this.waiting.pop();
      return this.running;
    }
    this.waiting.push({ name, edit, work, done });
    this.running ??= this.#run().finally(() => { this.running = null; });
    return this.running;
  }

  async #run() {
    while (this.waiting.length) {
      const { edit, work, done } = this.waiting.shift();
      this.busy = true;
      try {
        const answer = await work(edit);
        if (answer) {
          this.revision = answer.revision;
          done(answer);
        } else this.waiting.length = 0; // what was to follow meant another state
      } catch (error) {
        this.waiting.length = 0;
        console.error(error);
        this.onproblem({ status: 0, message: "The change did not reach Copyist.", hint: "Check the connection and try again." });
      } finally {
        this.busy = false;
      }
    }
  }

  async post(what, body) {
    const began = performance.now();
    const response = await fetch(`${this.base}${what}/${this.wide ? "" : "?wide=no"}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ base: this.revision, ...body }),
    });
    const answer = await this.#answer(response);
    performance.measure("copyist:change", { start: began });
    return answer;
  }

  async fetch(path) { return this.#answer(await fetch(this.base + path)); }

  async text(path) { return (await fetch(this.base + path)).text(); }

  async #answer(response) {
    const json = response.headers.get("Content-Type")?.includes("json") ? await response.json() : null;
    if (response.ok && json) return json;
    if (response.redirected || response.status === 403) location.reload(); // logged out meanwhile
    this.onproblem({ status: response.status, message: "Something went wrong on our side.", hint: "Try again in a moment.", ...json });
    return null;
  }
}

const MERGE = new Set(["step", "octave", "semitone"]);
