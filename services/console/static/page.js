// Small helps of every page: dialogs that a button opens, all rows picked at once, and forms that are sent once.
// Each form also works without this script.
"use strict";

(() => {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens);
      if (dialog?.showModal) {
        event.preventDefault();
        dialog.showModal();
        dialog.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
      }
    }
    const closer = event.target.closest("[data-closes]");
    closer?.closest("dialog")?.close();
  });

  const picked = () => document.querySelectorAll("input[name=pick]:checked").length;

  const count = () => {
    const bar = document.getElementById("picked");
    if (!bar) return;
    const n = picked();
    bar.textContent = n === 0 ? "No row is picked" : n === 1 ? "1 row is picked" : `${n} rows are picked`;
    for (const button of document.querySelectorAll("[data-needs-picks]")) button.toggleAttribute("disabled", n === 0);
  };

  document.addEventListener("change", (event) => {
    if (event.target.id === "pick-all") {
      for (const box of document.querySelectorAll("input[name=pick]")) box.checked = event.target.checked;
    }
    if (event.target.matches("#pick-all, input[name=pick]")) count();
  });
  document.addEventListener("htmx:after:swap", count);
  count();

  // The second of two clicks sends nothing; what was sent twice all the same is one request to the service (its key).
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if ((form.getAttribute("method") ?? "get").toLowerCase() !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 5000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
    count();
  });
})();
