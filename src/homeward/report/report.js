// Draws the charts with uPlot and switches the year and the movements of the maps. Without this script the
// report shows tables for the charts, and the last year on the maps.
(function () {
  "use strict";
  document.documentElement.classList.add("has-js");
  const MODEL = "#0072b2";
  const OBSERVED = [["#d55e00", "#d55e00", false], ["#000000", "#ffffff", true], ["#007a5a", "#007a5a", true], ["#8a4a86", "#ffffff", false]];
  const SMALLEST_ON_LOG = 10;
  const all = JSON.parse(document.getElementById("chart-data").textContent);
  const number = new Intl.NumberFormat("en-GB");
  const monthNames = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const HINT = "Point at the chart for its figures.";
  let logarithmic = false;

  function short(value) {
    if (value >= 1e6) return +(value / 1e6).toFixed(2) + " m";
    if (value >= 1e3) return +(value / 1e3).toFixed(1) + " k";
    return String(value);
  }

  function people(value) {
    return value === null || value === undefined ? "<10" : number.format(value);
  }

  // All x positions of the model and of the observed points, with null where a series has no value there.
  function aligned(chart) {
    const xs = [...new Set([...chart.x, ...chart.observed.flatMap((s) => s.points.map((p) => p[0]))])]
      .filter((x) => x >= chart.x[0] - (chart.yearly ? 0 : 5e6) && x <= chart.x[chart.x.length - 1] + (chart.yearly ? 0 : 3e6))
      .sort((a, b) => a - b);
    const place = new Map(xs.map((x, index) => [x, index]));
    const spread = (pairs) => {
      // undefined is "nothing here" and lets a line pass; null would break it.
      const out = new Array(xs.length).fill(undefined);
      for (const [x, y] of pairs) {
        const low = logarithmic && y !== null && y < SMALLEST_ON_LOG;
        if (place.has(x)) out[place.get(x)] = low ? null : y;
      }
      return out;
    };
    const model = chart.bands.map((values) => spread(values.map((y, index) => [chart.x[index], y])));
    const registered = spread(chart.registered.map((y, index) => [chart.x[index], y]));
    return [xs, ...model, registered, ...chart.observed.map((series) => spread(series.points))];
  }

  function drawEvents(chart) {
    return (u) => {
      const { ctx, bbox } = u;
      ctx.save();
      ctx.strokeStyle = "rgba(90, 99, 109, .5)";
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
      for (const marker of chart.markers) {
        const x = Math.round(u.valToPos(marker.x, "x", true)) + 0.5;
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
      }
      ctx.restore();
    };
  }

  // Whiskers of the yearly bars: 5 to 95 % thin, 25 to 75 % thick.
  function drawWhiskers(u) {
    const { ctx } = u;
    ctx.save();
    ctx.strokeStyle = "#00354f";
    u.data[0].forEach((x, index) => {
      for (const [low, high, width] of [[1, 5, 1.4], [2, 4, 4]]) {
        const from = u.data[low][index], to = u.data[high][index];
        if (typeof from !== "number" || typeof to !== "number" || from === to) continue;
        const at = u.valToPos(x, "x", true);
        ctx.lineWidth = width * devicePixelRatio;
        ctx.beginPath();
        ctx.moveTo(at, u.valToPos(from, "y", true));
        ctx.lineTo(at, u.valToPos(to, "y", true));
        ctx.stroke();
      }
    });
    ctx.restore();
  }

  function drawPoints(chart) {
    return (u) => {
      const { ctx } = u;
      ctx.save();
      ctx.setLineDash([]); // the line of the register leaves its dashes behind
      chart.observed.forEach((series, nth) => {
        const [stroke, fill, square] = OBSERVED[nth % OBSERVED.length];
        ctx.strokeStyle = stroke;
        ctx.fillStyle = fill;
        ctx.lineWidth = 1.6 * devicePixelRatio;
        u.data[7 + nth].forEach((y, index) => {
          if (typeof y !== "number") return;
          const at = u.valToPos(u.data[0][index], "x", true), height = u.valToPos(y, "y", true);
          const r = (series.points.length > 24 ? 2.2 : 3.6) * devicePixelRatio;
          ctx.beginPath();
          if (square) ctx.rect(at - r, height - r, 2 * r, 2 * r);
          else ctx.arc(at, height, r, 0, 2 * Math.PI);
          ctx.fill();
          ctx.stroke();
        });
      });
      ctx.restore();
    };
  }

  function readout(chart, box) {
    return (u) => {
      const index = u.cursor.idx;
      if (index === null || index === undefined) { box.textContent = HINT; return; }
      const x = u.data[0][index];
      const parts = [];
      const nth = chart.x.indexOf(x);
      if (nth >= 0) {
        const [low, , median, , high] = chart.bands.map((band) => band[nth]);
        parts.push("expected " + people(median) + (low !== high ? " (90 % range: " + people(low) + " to " + people(high) + ")" : ""));
        if (chart.registered.length) parts.push("of them on the register " + people(chart.registered[nth]));
      }
      chart.observed.forEach((series) => {
        const point = series.points.find((p) => p[0] === x);
        if (point) parts.push(series.label + ": " + people(point[1]));
      });
      const when = chart.yearly ? String(x) : monthNames.format(new Date(x * 1000));
      const reach = Math.abs(u.posToVal(7, "x") - u.posToVal(0, "x"));
      const at = u.posToVal(u.cursor.left, "x");
      const near = chart.markers.filter((m) => Math.abs(m.x - at) <= reach).map((m) => m.day + ": " + m.text);
      box.textContent = when + ": " + parts.join("; ") + (near.length ? ". Event, " + near.join(" | ") : "");
    };
  }

  function options(chart, box, width) {
    const hidden = { stroke: "transparent", points: { show: false } };
    const line = { stroke: MODEL, width: 2, points: { show: false } };
    const register = { stroke: "#00354f", width: 1.5, dash: [7, 5], points: { show: false } };
    const bars = { stroke: MODEL, fill: "rgba(0, 114, 178, .45)", width: 1, points: { show: false }, paths: uPlot.paths.bars({ size: [0.62, 46] }) };
    const font = "12px system-ui, sans-serif";
    return {
      width,
      height: 270,
      legend: { show: false },
      cursor: { points: { show: false }, drag: { x: false, y: false }, y: false },
      scales: {
        x: chart.yearly ? { time: false, range: (u, low, high) => [low - 0.6, high + 0.6] } : { time: true },
        y: logarithmic ? { distr: 3 } : { range: (u, low, high) => [0, Math.max(high * 1.06, 10)] },
      },
      axes: [
        { font, stroke: "#1a1d21", grid: { show: false }, values: chart.yearly ? (u, ticks) => ticks.map((t) => (Number.isInteger(t) ? t : "")) : [[31536000, "{YYYY}", null, null, null, null, null, null, 1], [2419200, "{MMM} {YYYY}", null, null, null, null, null, null, 1]] },
        { font, stroke: "#1a1d21", size: 62, grid: { stroke: "#e3e7eb", width: 1 }, values: (u, ticks) => ticks.map((t) => (t === null ? "" : short(t))) },
      ],
      series: [
        {}, { ...hidden }, { ...hidden }, chart.yearly ? bars : line, { ...hidden }, { ...hidden }, register,
        ...chart.observed.map(() => ({ paths: () => null, points: { show: false } })),
      ],
      bands: chart.yearly ? [] : [
        { series: [5, 1], fill: "rgba(0, 114, 178, .18)" },
        { series: [4, 2], fill: "rgba(0, 114, 178, .30)" },
      ],
      hooks: {
        drawClear: [drawEvents(chart)],
        draw: chart.yearly ? [drawWhiskers, drawPoints(chart)] : [drawPoints(chart)],
        setCursor: [readout(chart, box)],
      },
    };
  }

  const charts = [...document.querySelectorAll("[data-chart]")].map((holder) => {
    const chart = all[holder.dataset.chart];
    const box = holder.parentElement.querySelector(".readout");
    let plot = null;
    box.textContent = HINT;
    const draw = () => {
      if (plot) plot.destroy();
      plot = new uPlot(options(chart, box, holder.clientWidth || 480), aligned(chart), holder);
    };
    draw();
    new ResizeObserver(() => {
      if (plot && Math.abs(plot.width - holder.clientWidth) > 1) plot.setSize({ width: holder.clientWidth, height: 270 });
    }).observe(holder);
    return draw;
  });

  const log = document.getElementById("log");
  if (log) log.addEventListener("change", () => { logarithmic = log.checked; charts.forEach((draw) => draw()); });

  const year = document.getElementById("year");
  if (year) {
    year.addEventListener("input", () => {
      document.getElementById("year-shown").textContent = year.value;
      document.querySelectorAll(".map-year").forEach((span) => { span.textContent = year.value; });
      document.querySelectorAll(".map [data-year]").forEach((group) => {
        group.toggleAttribute("hidden", group.dataset.year !== year.value);
      });
    });
    document.querySelectorAll("[data-group]").forEach((box) => {
      box.addEventListener("change", () => {
        document.querySelectorAll(".map > svg").forEach((svg) => svg.classList.toggle("hide-" + box.dataset.group, !box.checked));
      });
    });
  }
})();
