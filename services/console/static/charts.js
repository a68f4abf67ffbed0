// Lines over time, drawn by uPlot from the table that stands under each of them: the table is for everybody, the line
// is for a quick look. `<figure data-chart><table>…` : the first column is the day, each other one a line; a cell's
// `data-value` is its number.
"use strict";

(() => {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);

  // A colour as the theme has it now: a canvas knows nothing of `light-dark()`.
  const ink = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const NAMES = ["--line-1", "--line-2", "--line-3", "--line-4"];

  const seconds = (cell) => Date.parse(cell.dataset.value) / 1000;
  const number = (cell) => (cell?.dataset.value ? Number(cell.dataset.value) : null);

  const draw = (figure) => {
    const table = figure.querySelector("table");
    const body = [...(table?.tBodies[0]?.rows ?? [])].map((row) => [...row.cells]);
    if (body.length < 2 || !window.uPlot) return;
    const said = [...table.querySelectorAll("[data-value]")].map((cell) => cell.dataset.value).join() + figure.clientWidth + ink("--ink");
    if (figure.querySelector(".chart") && figure.said === said) return;
    figure.said = said;
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
    const data = [body.map((row) => seconds(row[0])), ...heads.slice(1).map((_, n) => body.map((row) => number(row[n + 1])))];
    const unit = figure.dataset.unit ?? "";
    const axis = { stroke: ink("--quiet"), grid: { stroke: ink("--line"), width: 1 }, ticks: { stroke: ink("--line") } };
    const options = {
      width: Math.max(240, figure.clientWidth - 2),
      height: Number(figure.dataset.height ?? 160),
      legend: { show: heads.length > 2 },
      cursor: { drag: { x: false, y: false } },
      scales: { x: { time: true }, y: unit === "%" ? { range: [0, 100] } : {} },
      axes: [axis, { ...axis, size: 56, values: (_, all) => all.map((v) => `${v}${unit}`) }],
      series: [{}, ...heads.slice(1).map((label, n) => ({ label, stroke: ink(NAMES[n % NAMES.length]), width: 2, spanGaps: true, points: { show: true, size: 5 } }))],
    };
    const at = document.createElement("div");
    at.setAttribute("aria-hidden", "true");
    at.className = "chart";
    figure.querySelector(".chart")?.remove();
    figure.prepend(at);
    new uPlot(options, data, at);
  };

  const all = () => document.querySelectorAll("figure[data-chart]").forEach(draw);
  document.addEventListener("htmx:after:swap", all);
  let soon = 0;
  window.addEventListener("resize", () => {
    clearTimeout(soon);
    soon = setTimeout(all, 150);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  all();
})();
