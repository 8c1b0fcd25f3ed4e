// What every page needs: the theme, menus that close, dialogs that open, the line that says "busy", and toasts.

import { startTheme } from "./theme.js";

startTheme();

// ---- menus: one open at a time; Escape and a click elsewhere close them ----
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const items = [...menu.querySelectorAll("summary, a, button")].filter((item) => item.offsetParent);
    const step = event.key === "ArrowDown" ? 1 : -1;
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
    event.preventDefault();
  }
});
document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

// ---- dialogs: <button data-open="id"> opens <dialog id>, <button data-close> closes its own ----
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open)?.showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement) {
    const box = event.target.getBoundingClientRect(); // the backdrop belongs to the dialog, but lies outside its box
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.detail) event.target.close();
  }
});

// ---- forms that ask first, without htmx: <form data-confirm="Sure?"> ----
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm ?? event.submitter?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

// ---- busy line: shown by CSS when a request takes longer than a moment ----
const waiting = new Set();
const busy = () => document.documentElement.toggleAttribute("data-busy", waiting.size > 0);
document.addEventListener("htmx:beforeRequest", (event) => {
  const { xhr } = event.detail;
  waiting.add(xhr);
  // Who asked may be gone before the answer (the socket replaced it); then htmx tells nobody that the request ended.
  xhr.addEventListener("loadend", () => { waiting.delete(xhr); busy(); });
  busy();
});
document.addEventListener("htmx:afterRequest", (event) => { waiting.delete(event.detail.xhr); busy(); });

// ---- toasts: document.dispatchEvent(new CustomEvent("toast", {detail: {text, kind, url}})), or HX-Trigger: {"toast": {...}} ----
const toasts = document.getElementById("toasts");
const icons = document.documentElement.dataset.icons;

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${icons}#${name}`);
  svg.append(use);
  return svg;
}

export function toast({ text, kind = "", url = "" }) {
  if (!toasts || !text) return;
  const box = document.createElement("div");
  box.className = `notice toast${kind ? ` notice-${kind}` : ""}`;
  const line = document.createElement(url ? "a" : "p");
  line.textContent = text;
  if (url) line.href = url;
  const words = document.createElement("div");
  words.append(line);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-quiet btn-small btn-icon";
  close.setAttribute("aria-label", "Dismiss");
  close.append(icon("close"));
  close.addEventListener("click", () => box.remove());
  box.append(icon(kind === "ok" ? "check" : kind ? "warning" : "bell"), words, close);
  toasts.append(box);
  // Errors stay until they are dismissed; the rest leaves by itself, but not from under a pointer or the focus.
  if (kind === "bad") return;
  const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : box.remove());
  setTimeout(leave, 8000);
}

document.addEventListener("toast", (event) => toast(typeof event.detail.value === "string" ? { text: event.detail.value } : event.detail));

// ---- notices: the bell counts them; one that comes while the page is open is also said aloud ----
const bell = document.querySelector(".bell");
if (bell) {
  let known = null; // addresses of the notices that the page has shown; null before the first answer
  new MutationObserver(() => {
    const notices = bell.querySelector("#notices[data-count]");
    if (!notices) return;
    const links = [...notices.querySelectorAll("a")];
    const count = bell.querySelector("[data-notices-count]");
    const told = String(links.length || "");
    if (count.textContent !== told) count.textContent = told; // writing the same again would be observed again, for ever
    for (const link of known ? links.filter((one) => !known.has(one.href)) : []) {
      toast({ text: link.textContent.trim(), kind: link.querySelector("use")?.getAttribute("href").endsWith("#check") ? "ok" : "warn", url: link.href });
    }
    known = new Set(links.map((link) => link.href));
  }).observe(bell, { childList: true, subtree: true });
}

document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.elt?.closest("[data-quiet]")) return;
  toast({ text: "Copyist cannot be reached. Check the connection and try again.", kind: "bad" });
});
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (event.detail.elt?.closest("[data-quiet]")) return;
  const text = {
    400: "That did not go through: the request was not understood. Reload the page and try again.",
    403: "That did not go through. You may have been logged out: reload the page and try again.",
    404: "That is gone, or it never was yours to see. Reload the page.",
    413: "That is too large.",
    429: "Too many requests in a short time. Wait a minute and try again.",
  }[status] ?? "Something went wrong on our side. Try again in a moment.";
  toast({ text, kind: "bad" });
});

// A server that tells us to log in again answers fragments with the login page's address.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.responseURL?.includes("/accounts/login/") && !location.pathname.startsWith("/accounts/login/")) {
    event.detail.shouldSwap = false;
    location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname)}`);
  }
});
