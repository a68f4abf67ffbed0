// Keeps a page's `#live` part up to date: fetches the same page again and swaps the part when it changed.
// Without this script the page still works; it is then as new as its last load.
"use strict";

(() => {
  const state = document.getElementById("live-state");
  if (!state || !document.getElementById("live")) return;
  const pauseMs = Number(state.dataset.seconds) * 1000;
  const pauseMsMax = 60000;
  let failures = 0;

  const say = (text) => {
    if (state.textContent !== text) state.textContent = text;
  };

  // Nobody loses a selection or a half-filled field to an update.
  const isBusy = () => {
    const live = document.getElementById("live");
    const selection = document.getSelection();
    return selection && !selection.isCollapsed && live.contains(selection.anchorNode);
  };

  const focusedLink = () => {
    const focused = document.activeElement;
    return focused && focused.closest("#live") ? focused.getAttribute("href") : null;
  };

  const swap = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("live");
    const live = document.getElementById("live");
    if (!fresh || fresh.innerHTML === live.innerHTML) return;
    const href = focusedLink();
    live.replaceWith(document.adoptNode(fresh));
    if (href) document.querySelector(`#live a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
  };

  const update = async () => {
    if (document.hidden || isBusy()) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Refresh": "1" }, redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      location.reload();
      return;
    }
    if (!answer.ok) throw new Error("not ok");
    swap(await answer.text());
  };

  const tick = async () => {
    try {
      await update();
      failures = 0;
      say("Updates by itself.");
    } catch {
      failures += 1;
      say("The console does not answer; what you see may be old. Trying again.");
    }
    setTimeout(tick, Math.min(pauseMs * 2 ** failures, pauseMsMax));
  };

  document.addEventListener("visibilitychange", () => update().catch(() => {}));
  setTimeout(tick, pauseMs);
})();
