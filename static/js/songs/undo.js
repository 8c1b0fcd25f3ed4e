// Ctrl Z takes back the last change of the songs, but within a field the browser's own.

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "z") return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const button = document.querySelector("[data-undo]");
  if (!button) return;
  event.preventDefault();
  button.click();
});
