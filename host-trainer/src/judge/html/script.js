(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const data = JSON.parse(one("#data").textContent);

  // The operating point: texts and places that were written with the page, or, at other prices,
  // those that the arithmetic makes.
  const cells = all("[data-live]").map((cell) => [cell, cell.dataset.live]);
  const bars = all("[data-bar]").map((bar) => [bar, bar.dataset.bar]);
  const strips = all("[data-strip]").map((bar) => [bar, bar.dataset.strip]);
  const share = (text) => Number.parseFloat(text) || 0;
  const place = (mark, places) => {
    for (const [name, value] of Object.entries(places)) mark.setAttribute(name, `${value}%`);
  };
  const written = {
    own: data.own,
    points: data.points,
    texts: (index) => data.cells.map((texts) => texts[index]),
    at: (index) => data.points[index].at,
    valueText: (index) => data.points[index].text,
  };
  let shown = written;
  const show = (index) => {
    const texts = shown.texts(index);
    for (const [cell, live] of cells) {
      cell.textContent = texts[live];
      if (/\bt\d/.test(cell.className)) cell.className = `n t${Math.round(share(texts[live]) / 10)}`;
    }
    for (const [bar, live] of bars) {
      const height = share(texts[live]);
      place(bar, { y: 100 - height, height });
    }
    for (const [strip, live] of strips) place(strip, { width: share(texts[live]) });
    const at = shown.at(index);
    for (const chart of all("[data-chart]")) {
      const x = at[chart.dataset.chart];
      place(chart.querySelector("[data-mark=dot]"), { cx: x, cy: at[2] });
      place(chart.querySelector("[data-mark=bar]"), { x1: x, x2: x, y1: at[3], y2: at[4] });
    }
  };
  const handle = one("#handle");
  const quoted = (text) => (/^[\w.=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const command = one("#command");
  const plain = command?.textContent;
  const move = (index) => {
    const { threshold } = shown.points[index];
    handle.max = shown.points.length - 1;
    handle.value = index;
    handle.setAttribute("aria-valuetext", shown.valueText(index));
    one("#own").disabled = index === shown.own;
    const asked = shown.prices?.map(([name, price]) => ` --price ${quoted(`${name}=${price}`)}`) ?? [];
    // A page of a log in memory has none.
    if (command) command.textContent = plain + asked.join("") + (threshold === 0 ? "" : ` --threshold ${threshold}`);
    show(index);
  };
  if (handle) {
    handle.addEventListener("input", () => move(Number(handle.value)));
    one("#own").addEventListener("click", () => move(shown.own));
    handle.closest(".handle").hidden = false;
    move(data.own);
    for (const chart of all("[data-chart]")) {
      const drag = (event) => {
        if (event.type === "pointermove" && event.buttons === 0) return;
        const box = chart.getBoundingClientRect();
        const x = (100 * (event.clientX - box.left)) / box.width;
        const away = (index) => Math.abs(shown.at(index)[chart.dataset.chart] - x);
        let nearest = 0;
        shown.points.forEach((_, index) => {
          if (away(index) < away(nearest)) nearest = index;
        });
        move(nearest);
      };
      chart.addEventListener("pointerdown", drag);
      chart.addEventListener("pointermove", drag);
    }
  }

  // Other prices.
  const fields = one("#prices");
  if (fields && handle) {
    const model = data.prices;
    const decide = atPrices(model);
    const numbers = all("[data-price]");
    const sliders = all("[data-slider]");
    const saved = ["[data-chart]", "#charts-table", "#out-of-sight"].flatMap(all)
      .map((element) => [element, element.cloneNode(true)]);
    const needed = all("[data-needed]").map((cell) => [cell, cell.textContent]);
    const minority = all("[data-minority]").map((tag) => [tag, tag.hidden]);
    const best = one("#best");
    const bestOwn = best.textContent;
    const figures = one("#figures");
    let round = 0;

    const back = () => {
      for (const [element, copy] of saved) {
        element.replaceChildren(...copy.cloneNode(true).childNodes);
        element.hidden = copy.hidden;
      }
      for (const [cell, text] of needed) cell.textContent = text;
      for (const [tag, hidden] of minority) tag.hidden = hidden;
      best.textContent = bestOwn;
      figures.removeAttribute("aria-busy");
      shown = written;
    };

    // What takes a moment comes later: the intervals, first that of the point, then the others.
    const later = (turn, found, chosen) => {
      const lines = [...found.always, found.oracle, ...found.points];
      const work = () => {
        if (turn !== round) return;
        const point = found.points[Number(handle.value)];
        if (!point.gainInterval) {
          found.interval(point);
          found.gainInterval(point);
          move(Number(handle.value));
        } else {
          const line = lines.find((next) => !next.interval);
          if (!line) {
            draw(found, chosen);
            move(Number(handle.value));
            figures.removeAttribute("aria-busy");
            return;
          }
          found.interval(line);
        }
        setTimeout(work);
      };
      setTimeout(work);
    };

    const draw = (found, { loss, price }) => {
      const constants = model.names.map((name, k) => ({
        name: `always ${name}`, text: `always ${name}`, kind: "constant", of: found.always[k],
      })).filter(({ of }) => of.loss <= loss.high).sort((a, b) => a.of.loss - b.of.loss).slice(0, 7);
      const names = constants.map(({ text }) => text);
      const away = model.names.map((name, k) => [`always ${name}`, found.always[k].loss])
        .filter(([name]) => !names.includes(name)).map(([name, of]) => `${name} (${figure.loss(of)})`);
      one("#out-of-sight").textContent = `Not in the charts: ${away.join(", ")}.`;
      one("#out-of-sight").hidden = away.length === 0;
      const marks = [...constants, { text: "oracle", kind: "oracle", of: found.oracle }];
      for (const chart of all("[data-chart]")) {
        const x = chart.dataset.chart === "0"
          ? (of) => 100 * of.deferred : (of) => price.at(of.price);
        plot.grid(chart, chart.dataset.chart === "0" ? null : price, loss);
        const done = found.points.every((point) => point.interval);
        const ends = (end) => found.points.map((point) => [x(point), 100 - loss.at(point.interval[end])]);
        plot.line(chart.querySelector(".band"), done ? [...ends(1), ...ends(0).reverse()] : []);
        plot.line(chart.querySelector(".curve"), found.points.map((point) =>
          [x(point), 100 - loss.at(point.loss)]));
        plot.names(chart, marks.map(({ text, kind, of }) =>
          ({ text, kind, x: x(of), y: 100 - loss.at(of.loss) })));
      }
      const row = (name, of) => {
        const line = document.createElement("tr");
        const head = document.createElement("th");
        head.scope = "row";
        head.textContent = name;
        const texts = [figure.percent(of.deferred), figure.loss(of.loss),
          of.interval ? figure.interval(of.interval) : "\u2026", figure.percent(of.accuracy),
          figure.loss(of.price)];
        line.append(head, ...texts.map((text) => {
          const cell = document.createElement("td");
          cell.className = "n";
          cell.textContent = text;
          return cell;
        }));
        return line;
      };
      one("#charts-table").replaceChildren(
        ...model.names.map((name, k) => row(`always ${name}`, found.always[k])),
        row("oracle (knows the answers)", found.oracle),
        ...found.points.map((point) => row(point.threshold, point)),
      );
    };

    const change = () => {
      round += 1;
      const values = numbers.map((field, k) => {
        const value = Math.min(Math.max(Number(field.value) || 0, 0), Number(field.max));
        return priceBits(value) === model.own_bits[k] ? null : value;
      });
      one("#own-prices").disabled = values.every((value) => value === null);
      if (one("#own-prices").disabled) {
        back();
        move(shown.own);
        return;
      }
      const found = decide(values);
      const most = (list) => list.reduce((a, b) => Math.max(a, b), 0);
      const loss = plot.axis(Math.max(1.25 * found.always[found.best].loss,
        1.15 * most(found.points.map((point) => point.loss))));
      const constants = found.always.filter((of) => of.loss <= loss.high);
      const price = plot.axis(most([...found.points, ...constants].map((of) => of.price)));
      const chosen = { loss, price };
      const texts = (index) => {
        const point = found.points[index];
        const wait = (interval, text) => (interval ? text(interval) : "\u2026");
        const list = data.cells.map((own) => own[data.own]);
        for (const block of model.blocks) {
          const made = block.kind === "figures" ? [
            figure.loss(point.loss),
            wait(point.interval, figure.interval),
            figure.percent(point.deferred),
            figure.percent(point.accuracy),
            figure.loss(point.price),
            figure.difference(point.gain),
            wait(point.gainInterval, figure.differences),
            String(point.threshold),
          ] : found.shares(point, block).map(figure.percent);
          list.splice(block.first, made.length, ...made);
        }
        return list;
      };
      shown = {
        own: found.own,
        points: found.points,
        prices: values.flatMap((value, k) => (value === null ? [] : [[model.names[k], value]])),
        texts,
        at: (index) => {
          const point = found.points[index];
          const y = (value) => 100 - chosen.loss.at(value);
          const [low, high] = point.interval ?? [point.loss, point.loss];
          return [100 * point.deferred, chosen.price.at(point.price), y(point.loss), y(low), y(high)];
        },
        valueText: (index) => {
          const point = found.points[index];
          return `defers ${figure.percent(point.deferred)}, deferral loss ${figure.loss(point.loss)}`;
        },
      };
      figures.setAttribute("aria-busy", "true");
      draw(found, chosen);
      for (const [cell] of needed) cell.textContent = figure.count(found.needed[cell.dataset.needed]);
      const even = found.rows / model.names.length;
      for (const [tag] of minority) tag.hidden = found.needed[tag.dataset.minority] >= even;
      best.textContent = model.names[found.best];
      move(found.own);
      later(round, found, chosen);
    };
    sliders.forEach((slider, k) => slider.addEventListener("input", () => {
      numbers[k].value = String(Number(Number(slider.value).toFixed(4)));
      change();
    }));
    numbers.forEach((field, k) => field.addEventListener("input", () => {
      sliders[k].value = field.value;
      change();
    }));
    one("#own-prices").addEventListener("click", () => {
      numbers.forEach((field, k) => {
        field.value = model.own[k];
        sliders[k].value = model.own[k];
      });
      change();
    });
    one("#own-prices").disabled = true;
    fields.hidden = false;
  }

  // The device: a day's energy at another rate of inputs.
  const rate = one("#inputs-a-day");
  rate.addEventListener("input", () => {
    const inputs = Math.round(Math.max(Number(rate.value) || 0, 0));
    for (const cell of all("[data-microjoules]")) {
      cell.textContent = (Number(cell.dataset.microjoules) * inputs * 1e-6).toFixed(3);
    }
    const deferred = one("#deferred-a-day");
    one("#inputs").textContent = figure.count(inputs);
    deferred.textContent = figure.count(Math.round(Number(deferred.dataset.rate) * inputs));
  });
  one("#rate").hidden = false;

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
