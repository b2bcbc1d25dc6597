"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const data = JSON.parse(one("#data").textContent);

  // The operating point: texts and places that were written with the page.
  const cells = all("[data-live]").map((cell) => [cell, data.cells[cell.dataset.live]]);
  const bars = all("[data-bar]").map((bar) => [bar, data.cells[bar.dataset.bar]]);
  const strips = all("[data-strip]").map((bar) => [bar, data.cells[bar.dataset.strip]]);
  const share = (text) => Number.parseFloat(text) || 0;
  const show = (index) => {
    const point = data.points[index];
    for (const [cell, texts] of cells) {
      cell.textContent = texts[index];
      if (/\bt\d/.test(cell.className)) cell.className = `n t${Math.round(share(texts[index]) / 10)}`;
    }
    for (const [bar, texts] of bars) {
      const height = share(texts[index]);
      bar.setAttribute("y", `${100 - height}%`);
      bar.setAttribute("height", `${height}%`);
    }
    for (const [strip, texts] of strips) strip.setAttribute("width", `${share(texts[index])}%`);
    for (const chart of all("[data-chart]")) {
      const [low, high] = [point.at[3], point.at[4]];
      const x = point.at[chart.dataset.chart];
      const place = (mark, places) => {
        for (const [name, value] of Object.entries(places)) mark.setAttribute(name, `${value}%`);
      };
      place(chart.querySelector("[data-mark=dot]"), { cx: x, cy: point.at[2] });
      place(chart.querySelector("[data-mark=bar]"), { x1: x, x2: x, y1: low, y2: high });
    }
  };
  const handle = one("#handle");
  if (handle) {
    const move = (index) => {
      handle.value = index;
      handle.setAttribute("aria-valuetext", data.points[index].text);
      one("#own").disabled = index === data.own;
      show(index);
    };
    handle.addEventListener("input", () => move(Number(handle.value)));
    one("#own").addEventListener("click", () => move(data.own));
    handle.closest(".handle").hidden = false;
    move(data.own);
    for (const chart of all("[data-chart]")) {
      const drag = (event) => {
        if (event.type === "pointermove" && event.buttons === 0) return;
        const box = chart.getBoundingClientRect();
        const x = (100 * (event.clientX - box.left)) / box.width;
        const away = (point) => Math.abs(point.at[chart.dataset.chart] - x);
        let nearest = 0;
        data.points.forEach((point, index) => {
          if (away(point) < away(data.points[nearest])) nearest = index;
        });
        move(nearest);
      };
      chart.addEventListener("pointerdown", drag);
      chart.addEventListener("pointermove", drag);
    }
  }

  // The table of mistakes: sorted by a column, filtered by a text.
  const table = one("#mistakes-table");
  if (table) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const collator = new Intl.Collator("en", { numeric: true });
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const falls = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const key = (row) => row.cells[column].textContent.replace("\u2212", "-").trim();
        const order = (a, b) => {
          const [x, y] = [Number(key(a)), Number(key(b))];
          const both = Number.isFinite(x) && Number.isFinite(y);
          return both ? x - y : collator.compare(key(a), key(b));
        };
        rows.sort((a, b) => (falls ? order(b, a) : order(a, b)));
        body.append(...rows);
      });
    });
    const filter = one("#filter");
    filter.addEventListener("input", () => {
      const wanted = filter.value.trim().toLowerCase();
      let found = 0;
      for (const row of rows) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
        found += row.hidden ? 0 : 1;
      }
      one("#matches").textContent = found === 1 ? "1 row" : `${found} rows`;
    });
    filter.closest(".filter").hidden = false;
  }
})();
