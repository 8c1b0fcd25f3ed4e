// The keyboard of the desk: one key a thing, never while somebody types or a dialog is open.

const VALUES = { 1: "64th", 2: "32nd", 3: "16th", 4: "eighth", 5: "quarter", 6: "half", 7: "whole" };
const SIGNS = { "+": "sharp", "-": "flat", "=": "natural", x: "" };
const MARKS = { "'": "staccato", ">": "accent", _: "tenuto", f: "fermata" };
const TYPING = "input:not([type=range]), textarea, select, [contenteditable]";

export function keyed(desk) {
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (target.closest?.(TYPING) || document.querySelector("dialog[open]") || event.defaultPrevented) return;
    if ((event.key === " " || event.key === "Enter") && target.closest?.("button, a, summary, input")) return;
    if (target.closest?.("details.menu[open], input")) return;
    if (pressed(event, desk)) event.preventDefault();
  });
}

// Whether the key means something here.
function pressed(event, desk) {
  const { key, shiftKey: shift, altKey: alt } = event;
  const ctrl = event.ctrlKey || event.metaKey;
  const low = key.length === 1 ? key.toLowerCase() : key;
  const vertical = { ArrowUp: 1, ArrowDown: -1 }[key];
  const across = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (ctrl && (low === "z" || low === "y")) {
    if (low === "y" || shift) desk.redo();
    else desk.undo();
    return true;
  }
  if (vertical && alt) return done(desk.stepChord(vertical));
  if (vertical) return done(desk.change({ do: ctrl ? "octave" : shift ? "semitone" : "step", by: vertical }));
  if (across && !alt) return done(ctrl ? desk.stepBars(across) : desk.stepNotes(across));
  if (key === "Delete" || key === "Backspace") return done(desk.change(ctrl ? { do: "delete_bars", whole: true } : { do: "delete" }));
  if (key === "Insert") return done(desk.change({ do: "insert_bars", where: shift ? "after" : "before", whole: true }));
  if (ctrl || alt) return false;
  if (key === "Enter") return done(desk.accept());
  if (key === "Escape") return done(desk.escape());
  if (key === " ") return done(desk.hear(shift));
  if (key === "?") return done(desk.keys());
  if (shift && /^[a-g]$/.test(low)) return done(desk.change({ do: "pitch", step: low.toUpperCase() }));
  if (low === "i") return done(desk.change({ do: "insert", where: shift ? "before" : "after" }));
  if (key in SIGNS || low in SIGNS) return done(desk.change({ do: "accidental", sign: SIGNS[key] ?? SIGNS[low] }));
  if (key in MARKS || low in MARKS) return done(desk.change({ do: "articulation", name: MARKS[key] ?? MARKS[low] }));
  if (key in VALUES) return done(desk.change({ do: "duration", type: VALUES[key] }));
  switch (low) {
    case "n": return done(desk.step(1));
    case "p": return done(desk.step(-1));
    case "a": return done(desk.accept());
    case "d": return done(desk.derived());
    case ".": return done(desk.change({ do: "dots" }));
    case "0":
    case "r": return done(desk.change({ do: "rest" }));
    case "t": return done(desk.change({ do: "tie" }));
    case "u": return done(desk.change({ do: "tuplet", actual: 3 }));
    case "c": return done(desk.change({ do: "courtesy" }));
    case "k": return done(desk.change({ do: "chord", by: 2 }));
    case "b": return done(desk.openBar());
    case "o": return done(desk.toggle());
    default: return false;
  }
}

function done() { return true; }
