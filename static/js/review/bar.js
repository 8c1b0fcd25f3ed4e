// All that can be done to a bar: in a dialog that shows how it is now.

export class BarDialog {
  constructor(dialog, { base, desk }) {
    Object.assign(this, { dialog, base, desk });
    dialog.addEventListener("click", (event) => {
      const button = event.target.closest("[data-bar-edit]");
      if (button) this.#send({ ...JSON.parse(button.dataset.barEdit), ...this.#values(button.dataset.with) });
    });
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.target.matches("input, select")) return;
      event.preventDefault();
      event.target.closest(".bar-row, li").querySelector("button")?.click();
    });
  }

  async open(measure, change) {
    const told = await this.desk.fetch(`r${this.desk.revision}/bar/${measure}/`);
    if (!told) return;
    this.change = change;
    const { dialog } = this;
    dialog.querySelector("h2").textContent = `Bar ${measure + 1}`;
    const odd = dialog.querySelector("[data-bar-odd]");
    odd.hidden = !told.odd;
    odd.textContent = told.odd ? `This bar is ${told.odd}.` : "";
    this.#set("count", 1);
    this.#set("rests", told.rests || 1);
    this.#set("style", told.line);
    this.#set("numbers", told.ending);
    this.#set("length", 1);
    this.#set("clef", told.clef);
    this.#set("fifths", told.fifths);
    this.#set("metre", told.metre);
    this.#set("text", "");
    for (const button of dialog.querySelectorAll("[data-repeat]")) {
      button.setAttribute("aria-pressed", String(told.repeats.includes(button.dataset.repeat)));
    }
    dialog.querySelector("[data-directions]").replaceChildren(...told.directions.map((one, index) => this.#direction(one, index)));
    dialog.showModal();
  }

  #direction({ kind, text }, index) {
    const li = document.createElement("li");
    li.className = "bar-row";
    const input = document.createElement("input");
    input.value = text;
    input.maxLength = 200;
    input.setAttribute("aria-label", `${kind} ${index + 1}`);
    const change = this.#button("Change", () => this.#send({ do: "direction", index, text: input.value }));
    const away = this.#button("Take away", () => this.#send({ do: "direction", index, text: "" }));
    input.disabled = change.disabled = kind === "sign" || kind === "segno" || kind === "coda";
    li.append(input, change, away);
    return li;
  }

  #button(text, work) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-small";
    button.textContent = text;
    button.addEventListener("click", work);
    return button;
  }

  #values(names = "") {
    const found = {};
    for (const name of names.split(" ").filter(Boolean)) {
      const field = this.dialog.querySelector(`[data-name="${name}"]`);
      const number = field.type === "number" || field.dataset.kind === "number";
      found[field.dataset.as ?? name] = number ? Number(field.value) : field.value.trim();
    }
    if ("metre" in found) {
      const [beats, type] = found.metre.split("/");
      delete found.metre;
      Object.assign(found, { beats: (beats ?? "").trim(), type: Number(type) || 4 });
    }
    return found;
  }

  #set(name, value) {
    const field = this.dialog.querySelector(`[data-name="${name}"]`);
    field.value = value;
    if (field.tagName === "SELECT" && field.selectedIndex < 0) field.selectedIndex = 0;
  }

  #send(edit) {
    this.dialog.close();
    this.change(edit);
  }
}
