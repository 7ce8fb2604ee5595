// How is the warm-up table drawn: plan dashed, actual solid, excluded days hatched, the interval
// of the inbox rate as a band? uPlot draws on a canvas, so colours are read from the tokens.
const DAY = 86400;
const numbers = new Intl.NumberFormat("en-GB");
const percents = new Intl.NumberFormat("en-GB", { style: "percent", maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

const PRINT_WIDTH = 680;
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const probe = document.createElement("span");

// light-dark() and color-mix() come back resolved from a real element's computed colour.
const colour = (name) => {
  probe.className = `probe-${name}`;
  if (!probe.isConnected) { probe.hidden = true; document.body.append(probe); }
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
};

const faded = (name, alpha) => colour(name).replace(/^rgb\((.*)\)$/, (_, parts) => `rgb(${parts} / ${alpha})`
  .replace(/,/g, " "));

const rows = (table) => [...table.tBodies[0].rows].map((row) => ({
  at: Date.parse(`${row.dataset.day}T00:00:00Z`) / 1000,
  planned: Number(row.dataset.planned),
  sent: Number(row.dataset.sent),
  rate: row.dataset.rate === undefined ? null : Number(row.dataset.rate),
  low: row.dataset.low === undefined ? null : Number(row.dataset.low),
  high: row.dataset.high === undefined ? null : Number(row.dataset.high),
  excluded: row.dataset.excluded,
}));

const hatch = (points) => (plot) => {
  const { ctx, bbox } = plot;
  const step = 6 * devicePixelRatio;
  for (const point of points.filter((one) => one.excluded)) {
    const left = plot.valToPos(point.at - DAY / 2, "x", true);
    const right = plot.valToPos(point.at + DAY / 2, "x", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.fillStyle = faded("muted", 0.08);
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.strokeStyle = faded("muted", 0.65);
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    for (let offset = -bbox.height; offset < right - left; offset += step) {
      ctx.moveTo(left + offset, bbox.top + bbox.height);
      ctx.lineTo(left + offset + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
};

const axes = (format) => [
  {
    stroke: () => colour("muted"),
    grid: { show: false },
    ticks: { stroke: () => colour("border"), size: 4 },
    font: `12px ${token("--font")}`,
    space: 64,
    values: (_, ticks) => ticks.map((tick) => days.format(tick * 1000)),
    incrs: [1, 2, 7, 14, 28].map((count) => count * DAY),
  },
  {
    stroke: () => colour("muted"),
    grid: { stroke: () => colour("border"), width: 1 },
    ticks: { show: false },
    font: `12px ${token("--font")}`,
    size: 52,
    values: (_, ticks) => ticks.map(format),
  },
];

const make = (element, readout, points, { series, bands, data, format, range, tell }) => {
  const resting = readout.textContent;
  const plot = new uPlot({
    width: element.clientWidth,
    height: element.clientHeight,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { range: (_, low, high) => [low - DAY / 2, high + DAY / 2] },
      y: { range },
    },
    axes: axes(format),
    series: [{}, ...series],
    bands,
    hooks: {
      drawClear: [hatch(points)],
      setCursor: [(self) => {
        const point = self.cursor.idx == null ? null : points[self.cursor.idx];
        const left = point?.excluded ? `, excluded: ${point.excluded}` : "";
        readout.textContent = point ? `${days.format(point.at * 1000)}: ${tell(point)}${left}` : resting;
      }],
    },
  }, [points.map((point) => point.at), ...data], element);
  return plot;
};

const volume = (points) => ({
  series: [
    { stroke: () => colour("series-2"), width: 2, dash: [6, 5], points: { show: false } },
    { stroke: () => colour("series-1"), width: 2, points: { show: points.length < 32, size: 5 } },
  ],
  data: [points.map((point) => point.planned), points.map((point) => point.sent)],
  format: (value) => numbers.format(value),
  range: (_, __, high) => [0, Math.max(high * 1.08, 1)],
  tell: (point) => `${numbers.format(point.sent)} sent of ${numbers.format(point.planned)} planned`,
});

const placement = (points) => ({
  series: [
    { stroke: () => "transparent", points: { show: false } },
    { stroke: () => "transparent", points: { show: false } },
    { stroke: () => colour("series-3"), width: 2, points: { show: points.length < 32, size: 5 } },
  ],
  bands: [{ series: [2, 1], fill: () => faded("series-3", 0.2) }],
  data: ["low", "high", "rate"].map((key) => points.map((point) => point[key])),
  format: (value) => percents.format(value),
  range: () => [0, 1.02],
  tell: (point) => point.rate === null ? "nothing was placed"
    : `${percents.format(point.rate)} (${percents.format(point.low)}–${percents.format(point.high)})`,
});

export const drawCharts = (table, place) => {
  const points = rows(table);
  const plots = [["volume", volume], ["placement", placement]].map(([name, shape]) => {
    const element = place.querySelector(`[data-plot="${name}"]`);
    const readout = place.querySelector(`[data-readout="${name}"]`);
    return { element, plot: make(element, readout, points, shape(points)) };
  });
  const redraw = () => { for (const { plot } of plots) plot.redraw(false, true); };
  const fit = () => {
    for (const { element, plot } of plots) {
      plot.setSize({ width: element.clientWidth, height: element.clientHeight });
    }
  };
  new ResizeObserver(fit).observe(place);
  document.addEventListener("themechange", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => {
    const theme = document.documentElement.dataset.theme ?? "";
    document.documentElement.dataset.theme = "light";
    for (const { element, plot } of plots) {
      plot.setSize({ width: Math.min(PRINT_WIDTH, element.clientWidth), height: element.clientHeight });
    }
    redraw();
    addEventListener("afterprint", () => {
      if (theme) document.documentElement.dataset.theme = theme;
      else delete document.documentElement.dataset.theme;
      fit();
      redraw();
    }, { once: true });
  });
};
