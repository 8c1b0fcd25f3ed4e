// Looks for a newer revision and puts it in the old one's place. Often while a change is being made, seldom otherwise.

const OFTEN = 1500;
const SELDOM = 20000;
const EXPECTING = 120000; // milliseconds after a change was asked for

export function watch(player) {
  const { latest, facts } = player.root.dataset;
  let expecting = 0;
  let timer = null;
  let looking = false;

  async function look() {
    clearTimeout(timer);
    if (!looking && !document.hidden && player.sheet?.score) {
      looking = true;
      try {
        const response = await fetch(`${latest}?after=${player.data.number}`, { headers: { Accept: "application/json" } });
        if (response.status === 200) {
          await player.exchange(await response.json());
          expecting = 0;
          window.htmx?.ajax("GET", facts, { target: "#score-facts", swap: "outerHTML" });
          window.htmx?.trigger(document.body, "options-stale");
        }
      } catch { /* offline for a moment; the next look will tell */ }
      looking = false;
    }
    timer = setTimeout(look, Date.now() < expecting ? OFTEN : SELDOM);
  }

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, 150);
  };
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { requestConfig, pathInfo } = event.detail;
    if (requestConfig?.verb === "post" && pathInfo?.requestPath?.includes("/options/")) {
      expecting = Date.now() + EXPECTING;
      soon();
    }
  });
  // The job's own fragment changed under our eyes: it may just have ended.
  for (const name of ["htmx:oobAfterSwap", "htmx:wsAfterMessage", "job-done"]) document.body.addEventListener(name, soon);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
  timer = setTimeout(look, SELDOM);
}
