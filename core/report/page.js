// Charts show the value that is nearest to the pointer, or that the arrow keys have
// come to, and series are hidden and shown again. Without this the page has all of
// it: the values stand beneath each chart, and the browser shows a value's title.
"use strict";
document.querySelectorAll("figure").forEach((figure) => {
  const chart = figure.querySelector(".chart");
  const near = 40; // units of the picture
  const pictures = [...chart.querySelectorAll("svg")];
  const hidden = new Set();
  const values = new Map(pictures.map((svg) => [svg, [...svg.querySelectorAll("circle[data-value]")].map((circle) => {
    const title = circle.querySelector("title");
    const value = { circle, series: circle.dataset.value, text: title.textContent, x: circle.cx.baseVal.value, y: circle.cy.baseVal.value };
    title.remove();
    return value;
  })]));
  const label = document.createElement("div");
  label.className = "value hidden";
  label.setAttribute("role", "status");
  figure.append(label);
  let shown = null;

  const hide = () => {
    if (shown) shown.circle.classList.remove("at");
    shown = null;
    label.classList.add("hidden");
  };
  const show = (value) => {
    if (value === shown) return;
    hide();
    shown = value;
    value.circle.classList.add("at");
    label.textContent = value.text;
    label.classList.remove("hidden");
    const at = value.circle.getBoundingClientRect(), of = figure.getBoundingClientRect();
    const left = at.x + at.width / 2 - of.x - label.offsetWidth / 2;
    label.style.left = Math.max(0, Math.min(left, of.width - label.offsetWidth)) + "px";
    const top = at.y - of.y - label.offsetHeight - 6;
    label.style.top = (top < 0 ? at.bottom - of.y + 6 : top) + "px";
  };
  const seen = () => pictures.find((svg) => svg.getBoundingClientRect().width > 0);
  const open = (svg) => values.get(svg).filter((value) => !hidden.has(value.series));

  chart.addEventListener("pointermove", (event) => {
    const svg = seen(), box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
    const x = (event.clientX - box.x) * scale, y = (event.clientY - box.y) * scale;
    let best = null, least = near;
    for (const value of open(svg)) {
      const away = Math.hypot(value.x - x, value.y - y);
      if (away < least) [best, least] = [value, away];
    }
    if (best) show(best); else hide();
  });
  chart.addEventListener("pointerleave", hide);
  chart.addEventListener("blur", hide);
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") hide();
    if (!step) return;
    const all = open(seen());
    if (!all.length) return;
    event.preventDefault();
    const at = all.indexOf(shown);
    show(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
    shown.circle.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  const names = new Map();
  pictures[0].querySelectorAll("g[data-series]").forEach((part) => names.set(part.dataset.series, part.dataset.name));
  if (names.size < 2) return;
  const buttons = document.createElement("div");
  buttons.className = "series";
  buttons.setAttribute("role", "group");
  buttons.setAttribute("aria-label", "Series");
  names.forEach((name, series) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      const off = !hidden.delete(series);
      if (off) hidden.add(series);
      button.setAttribute("aria-pressed", String(!off));
      hide();
      figure.querySelectorAll(`svg [data-series="${series}"]`).forEach((part) => part.classList.toggle("hidden", off));
    });
    buttons.append(button);
  });
  chart.before(buttons);
});
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
