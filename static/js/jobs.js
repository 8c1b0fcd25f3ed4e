// Live jobs: keeps the focus and open logs where a fragment is exchanged, tells the page when a job has ended,
// and connects again soon when the server comes back.

const OFTEN = 300; // milliseconds before the first new try; doubled each time
const SELDOM = 5000;

if (window.htmx) {
  htmx.config.wsReconnectDelay = (tries) => Math.min(SELDOM, OFTEN * 2 ** tries) * (0.7 + 0.6 * Math.random());
}

let kept = null;

document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
  const old = event.detail.target;
  if (!old?.matches?.("[data-version]")) return;
  const next = event.detail.fragment?.querySelector?.(`#${CSS.escape(old.id)}`) ?? event.detail.fragment;
  // A slow answer must not put an older state over a newer one.
  if (Number(next?.dataset?.version) < Number(old.dataset.version)) {
    event.preventDefault();
    return;
  }
  kept = {
    id: old.id,
    state: old.dataset.state,
    focus: old.contains(document.activeElement) ? document.activeElement.id : "",
    open: [...old.querySelectorAll("details[open][id]")].map((details) => details.id),
    scroll: [...old.querySelectorAll(".log[id]")].map((box) => [box.id, box.scrollTop, box.scrollTop + box.clientHeight >= box.scrollHeight - 4]),
  };
});

document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  if (!kept || event.detail.target?.id !== kept.id) return;
  const now = document.getElementById(kept.id);
  if (!now) return;
  for (const id of kept.open) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, top, atEnd] of kept.scroll) {
    const box = document.getElementById(id);
    if (box) box.scrollTop = atEnd ? box.scrollHeight : top;
  }
  if (kept.focus) (document.getElementById(kept.focus) ?? now.querySelector("a, button"))?.focus({ preventScroll: true });
  if (kept.state !== now.dataset.state) ended(now);
  kept = null;
});

// A file that was made before comes at once.
document.body.addEventListener("export-ready", (event) => location.assign(event.detail.address));

function ended(job) {
  const { state, kind, download } = job.dataset;
  if (!["done", "failed", "cancelled"].includes(state)) return;
  if (kind === "export") {
    if (download) location.assign(download); // an attachment: the page stays
    htmx.trigger(document.body, "exports-changed");
    return;
  }
  htmx.trigger(document.body, "job-done");
  htmx.trigger(document.body, "scores-changed");
  if (state === "done") htmx.trigger(document.body, "options-stale");
}
