// The keyboard: one key a thing, never while somebody types or a dialog is open.

const TYPING = "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]";
const PRESSING = "button, a, summary, input[type=checkbox], input[type=radio]";

export function listen(actions, { print }) {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key === "p") {
      event.preventDefault(); // the whole score on paper's width, not the screenful that is drawn
      print();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { target } = event;
    if (target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
    const name = event.key === " " ? "space" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if ((name === "space" || name === "Enter") && target.closest?.(PRESSING)) return;
    const action = actions[name];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
}
