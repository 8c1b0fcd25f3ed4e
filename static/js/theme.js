// The theme: light, dark or as the system. A cookie tells the server, so that pages arrive in the right colours.

const YEAR = 365 * 24 * 3600;

export function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  show(theme);
  // Canvases (waveform, score) cannot inherit a colour; they listen and draw again.
  document.dispatchEvent(new CustomEvent("copyist:theme", { detail: { theme } }));
}

function show(theme) {
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
  }
}

export function startTheme() {
  show(document.documentElement.dataset.theme || "system");
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set-theme]");
    if (button) setTheme(button.dataset.setTheme);
  });
  // Preferences hold the same choice: saving them there must not be undone by an older choice made here.
  document.addEventListener("submit", (event) => {
    const chosen = new FormData(event.target).get("theme");
    if (["light", "dark", "system"].includes(chosen)) setTheme(chosen);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    document.dispatchEvent(new CustomEvent("copyist:theme", { detail: { theme: document.documentElement.dataset.theme } }));
  });
}
