// The keyboard: j and k go through the rows of a page, Enter opens, e acts, x picks, / searches, g goes, ? explains.
// They can be turned off (WCAG 2.1, 2.1.4), and never reach a field in which somebody types.
"use strict";

(() => {
  const OFF = "revcycle-keys-off";
  const GO_MS = 1500;
  const help = document.getElementById("keys");
  const toggle = document.getElementById("keys-off");
  let goes = 0;

  const isOff = () => localStorage.getItem(OFF) === "1";
  const rows = () => [...document.querySelectorAll("main [data-row]")];
  const current = () => document.querySelector("main [data-row][data-here]");

  const stand = (row) => {
    current()?.removeAttribute("data-here");
    if (!row) return;
    row.setAttribute("data-here", "");
    (row.querySelector("a[href]") ?? row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement?.closest?.("[data-row]") ?? current());
    stand(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + by))]);
  };

  const act = () => {
    const row = document.activeElement?.closest?.("[data-row]") ?? current();
    const within = row ?? document.querySelector("main");
    const button = within.querySelector("[data-act]") ?? document.querySelector("main [data-act]");
    if (!button) return;
    if (row && !document.querySelector("input[name=pick]:checked")) row.querySelector("input[name=pick]")?.click();
    if (!button.closest("details[open]")) button.click();
    button.parentElement.querySelector("textarea, select, input:not([type=hidden])")?.focus();
  };

  const pick = () => {
    const row = document.activeElement?.closest?.("[data-row]") ?? current();
    row?.querySelector("input[name=pick]")?.click();
  };

  const go = (key) => {
    goes = 0;
    document.querySelector(`header [data-go="${CSS.escape(key)}"]`)?.click();
  };

  const search = () => {
    const field = document.querySelector("main [data-search]") ?? document.getElementById("find");
    field?.focus();
    field?.select?.();
  };

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    e: act,
    x: pick,
    "/": search,
    "?": () => help?.showModal(),
    g: () => {
      goes = Date.now();
    },
  };

  const isTyping = (target) =>
    target.isContentEditable || target.closest("dialog[open]") || target.matches("select, textarea, input:not([type=checkbox], [type=radio])");

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest("details[open]")) {
      const open = event.target.closest("details[open]");
      open.removeAttribute("open");
      open.querySelector("summary")?.focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isOff() || isTyping(event.target)) return;
    if (goes && Date.now() - goes < GO_MS) {
      event.preventDefault();
      go(event.key);
      return;
    }
    const does = KEYS[event.key];
    if (does) {
      event.preventDefault();
      does();
    }
  });

  document.getElementById("keys-open")?.addEventListener("click", () => help.showModal());
  if (toggle) {
    toggle.checked = isOff();
    toggle.addEventListener("change", () => localStorage.setItem(OFF, toggle.checked ? "1" : "0"));
  }
  document.addEventListener("click", (event) => {
    const row = event.target.closest("main [data-row]");
    if (row && row !== current()) {
      current()?.removeAttribute("data-here");
      row.setAttribute("data-here", "");
    }
  });
})();
