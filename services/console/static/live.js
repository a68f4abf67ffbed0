// Keeps a page's `#live` part up to date. The server says that something new was handled (server-sent events), the page
// is asked for again, and htmx lays what came over what is there, so that focus, scrolling and open parts stay.
// `data-seconds` asks again every so often besides, for what comes from other services.
// Without this script the page still works; it is then as new as its last load.
"use strict";

(() => {
  const state = document.getElementById("live-state");
  if (!state || !document.getElementById("live")) return;
  const again = document.getElementById("live-again");
  const pauseMs = Number(state.dataset.seconds) * 1000;
  const settleMs = 700;
  let source = null;
  let waiting = 0;
  let asking = false;
  let missed = false;

  const say = (text) => {
    if (state.textContent !== text) state.textContent = text;
  };

  // Nobody loses a selection, a ticked row or a half-filled field to an update: it waits until they are done.
  const isBusy = () => {
    const live = document.getElementById("live");
    const selection = document.getSelection();
    const isSelecting = selection && !selection.isCollapsed && live.contains(selection.anchorNode);
    return isSelecting || live.querySelector("dialog[open], details[open] form, input[name=pick]:checked, .htmx-request, [data-typed]");
  };

  const offer = (isMissed) => {
    missed = isMissed;
    if (again) again.hidden = !isMissed;
  };

  const update = async ({ forced = false } = {}) => {
    if (document.hidden || asking) return;
    if (isBusy() && !forced) {
      offer(true);
      return;
    }
    asking = true;
    try {
      const answer = await fetch(location.href, {
        headers: { Accept: "text/html", "X-Refresh": "1" },
        redirect: "manual",
      });
      if (answer.type === "opaqueredirect") return signedOut();
      if (!answer.ok) throw new Error("not ok");
      const text = await answer.text();
      if (isBusy() && !forced) return offer(true);
      const live = document.getElementById("live");
      await htmx.swap({ text, target: live, sourceElement: live, select: "#live", swap: "outerMorph" });
      offer(false);
      say("Updates by itself.");
    } catch {
      say("The console does not answer; what you see may be old. Trying again.");
    } finally {
      asking = false;
    }
  };

  const signedOut = () => {
    source?.close();
    say("You are signed out. Sign in again to go on; this page stays as it is.");
    document.getElementById("signed-out")?.showModal?.();
  };

  const soon = () => {
    if (!waiting) {
      waiting = setTimeout(() => {
        waiting = 0;
        update();
      }, settleMs);
    }
  };

  const listen = () => {
    source = new EventSource("/news");
    source.addEventListener("news", soon);
    source.addEventListener("open", () => say("Updates by itself."));
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) {
        say("The console does not answer; what you see may be old. Trying again.");
        return;
      }
      // A refusal closes the stream for good: ask the page itself whether somebody is still signed in.
      update({ forced: true });
      setTimeout(listen, 5000);
    });
  };

  document.addEventListener("visibilitychange", () => update());
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches("#live form :is(textarea, input:not([type=checkbox]), select)")) return;
    field.toggleAttribute("data-typed", field.matches("select") ? field.value !== "" : field.value !== field.defaultValue);
  });
  again?.addEventListener("click", () => update({ forced: true }));
  document.addEventListener("change", () => missed && soon());
  if (pauseMs > 0) setInterval(() => update(), pauseMs);
  listen();
})();
