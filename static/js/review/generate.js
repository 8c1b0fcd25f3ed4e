// How many rules are ticked stands beside the button; it works when there is one.

import "./keep-open.js";

function count() {
  const bar = document.getElementById("derive");
  if (!bar) return;
  const ticked = [...bar.elements].filter((field) => field.name === "targets" && field.checked);
  bar.querySelector("[data-derive]").disabled = ticked.length === 0;
  bar.querySelector("[data-ticked]").textContent = ticked.length ? ticked.map((field) => field.value).join(", ") : "Nothing is ticked";
}

document.addEventListener("change", (event) => {
  if (event.target.name === "targets") count();
});
document.body.addEventListener("htmx:afterSettle", count);
// Who pressed the button far down the list sees how it goes.
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig?.verb === "post" && event.target.id?.startsWith("derive")) document.getElementById("deriving")?.scrollIntoView({ block: "center" });
});
count();
