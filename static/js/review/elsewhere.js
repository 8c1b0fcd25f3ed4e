// The same change in all other books of the song: first what it would do in each, then, on one click, done.

export class Elsewhere {
  constructor({ dialog, button, desk, say }) {
    Object.assign(this, { dialog, button, desk, say });
    this.list = dialog.querySelector("[data-elsewhere-books]");
    this.go = dialog.querySelector("[data-elsewhere-do]");
    this.go.addEventListener("click", () => this.#carry());
  }

  // After every change: whether the other books may want it too.
  offer(shared) {
    this.shared = shared ?? null;
    this.button.hidden = !shared;
    if (shared) this.button.textContent = shared.books === 1 ? "Also in the other book…" : `Also in the ${shared.books} other books…`;
  }

  async open() {
    if (!this.shared) return;
    const { edit, base } = this.shared;
    const told = await this.desk.post("elsewhere", { edit, base });
    if (!told) return;
    this.list.replaceChildren(...told.books.map((book) => this.#row(book)));
    const some = told.books.some((book) => book.does);
    this.go.hidden = !some;
    this.dialog.querySelector("[data-elsewhere-none]").hidden = some;
    this.dialog.showModal();
    if (some) this.go.focus();
  }

  #row({ book, instrument, does, said }) {
    const li = document.createElement("li");
    const label = document.createElement("label");
    const tick = document.createElement("input");
    Object.assign(tick, { type: "checkbox", checked: does, disabled: !does, value: book });
    const words = document.createElement("span");
    words.className = "meta";
    words.textContent = said;
    label.append(tick, ` ${instrument} `, words);
    li.append(label);
    return li;
  }

  async #carry() {
    const { edit, base } = this.shared;
    const books = [...this.list.querySelectorAll("input:checked")].map((tick) => Number(tick.value));
    this.go.disabled = true;
    const told = await this.desk.post("elsewhere", { edit, base, books, apply: true });
    this.go.disabled = false;
    if (!told) return;
    this.dialog.close();
    const done = told.books.filter((book) => book.does);
    const left = told.books.filter((book) => !book.does);
    this.say(`Done in ${done.length} other book${done.length === 1 ? "" : "s"}${left.length ? `; not in ${left.map((book) => `${book.instrument}: ${book.said}`).join("; ")}` : ""}`);
    this.offer(null);
  }
}
