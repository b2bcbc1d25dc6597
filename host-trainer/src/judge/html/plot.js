/// The charts, drawn as the page was: positions are percentages of the area.
const plot = (() => {
  const element = (name, attributes) => {
    const made = document.createElementNS(document.querySelector("svg").namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const percent = (value) => `${value.toFixed(2)}%`;
  const labelled = (text, attributes) => {
    const made = element("text", attributes);
    made.textContent = text;
    return made;
  };
  return {
    /// A scale from 0 to a little more than this, with marks at round values.
    axis: (highest) => {
      const high = highest > 0 ? 1.06 * highest : 1;
      const power = 10 ** Math.floor(Math.log10(high / 4));
      const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= high / 4) ?? power;
      const digits = [0, 1, 2, 3, 4, 5].find((d) => (step * 10 ** d + 1e-6) % 1 < 2e-6) ?? 6;
      const ticks = [];
      for (let i = 0; i * step <= high; i += 1) ticks.push(i * step);
      return {
        high,
        at: (value) => Math.min(Math.max((100 * value) / high, 0), 100),
        ticks: ticks.map((tick) => [tick, tick.toFixed(digits)]),
      };
    },
    /// The lines across a chart, and the values beside and below it. Without `x` those stay.
    grid: (chart, x, y) => {
      const grid = chart.querySelector(".grid");
      const below = [...grid.querySelectorAll("text[y='100%']")];
      const beside = y.ticks.flatMap(([tick, text]) => {
        const at = percent(100 - y.at(tick));
        return [
          element("line", { x1: 0, x2: "100%", y1: at, y2: at }),
          labelled(text, { x: -8, y: at, dy: 4, "text-anchor": "end" }),
        ];
      });
      const under = x ? x.ticks.map(([tick, text]) =>
        labelled(text, { x: percent(x.at(tick)), y: "100%", dy: 20, "text-anchor": "middle" })) : below;
      grid.replaceChildren(...beside, ...under);
    },
    /// A curve or an area through these places.
    line: (curve, places) => {
      const pairs = places.map(([x, y]) => `${(10 * x).toFixed(1)},${(10 * y).toFixed(1)}`);
      curve.setAttribute("points", pairs.join(" "));
    },
    /// Marks with names that do not lie on each other.
    names: (chart, marks) => {
      const height = chart.getBoundingClientRect().height;
      chart.querySelectorAll("circle.constant, circle.oracle, text.name").forEach((old) => old.remove());
      const sorted = [...marks].sort((a, b) => a.y - b.y);
      const tops = sorted.map((mark) => (mark.y * height) / 100);
      let free = -Infinity;
      const places = tops.map((top) => {
        const at = Math.max(top + 4, free);
        free = at + 17;
        return at;
      });
      free = height - 4;
      for (let index = places.length - 1; index >= 0; index -= 1) {
        places[index] = Math.min(places[index], free);
        free = places[index] - 17;
      }
      sorted.forEach(({ text, kind, x, y }, index) => {
        const [cx, cy] = [percent(x), percent(y)];
        const right = x > 45;
        const short = text.length > 22 ? `${text.slice(0, 22).trimEnd()}\u2026` : text;
        chart.querySelector("line.own").before(
          element("circle", { class: kind, cx, cy, r: 4.5 }),
          labelled(short, {
            class: "name", x: cx, y: cy, dx: right ? -10 : 10,
            dy: (places[index] - tops[index]).toFixed(1), "text-anchor": right ? "end" : "start",
          }),
        );
      });
    },
  };
})();
