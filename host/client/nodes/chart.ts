/** A chart as a picture that a reader can also have as the table of its data. */
import { h, type V } from "../kit/dom.ts";
import { classes } from "../kit/classes.ts";
import { node, nodes, num, some, str, text, type Node } from "../kit/read.ts";
import type { Cx } from "./cx.ts";
import { scroller } from "./table.ts";

const HUES = ["blue", "purple", "orange", "green", "pink", "yellow", "red"];
/** The drawing's own units. */
const [W, H, TOP, FOOT] = [400, 210, 8, 22];

interface Series {
  key: string;
  name: string;
  type: string;
  stack: string;
  curve: string;
  tint: string;
}

/** Round numbers that a scale from `low` to `high` is marked at. */
function ticks(low: number, high: number, whole: boolean): number[] {
  const rough = (high - low || 1) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  // Counts have no halves.
  const multiples = whole && unit == 1 ? [1, 2, 5] : [1, 2, 2.5, 5];
  const step = Math.max(unit * (multiples.find((many) => many * unit >= rough) ?? 10), whole ? 1 : 0);
  const first = Math.floor(low / step) * step;
  return Array.from({ length: Math.ceil((high - first) / step - 1e-9) + 1 }, (_, at) => +(first + at * step).toPrecision(12));
}

const short = (value: number): string => {
  const size = Math.abs(value);
  return size >= 1e6 ? `${+(value / 1e6).toPrecision(3)}M` : size >= 1e4 ? `${+(value / 1e3).toPrecision(3)}k` : String(value);
};

/** A line through the points: straight, in steps, or as a curve that never leaves their range. */
function path(points: [number, number][], curve: string): string {
  return points.reduce((made, [x, y], at) => {
    const before = points[at - 1];
    if (!before) return `M${x} ${y}`;
    const middle = (before[0] + x) / 2;
    if (curve == "stepBefore") return `${made}V${y}H${x}`;
    if (curve == "stepAfter") return `${made}H${x}V${y}`;
    if (curve == "step") return `${made}H${middle}V${y}H${x}`;
    return /^linear/.test(curve) || !curve ? `${made}L${x} ${y}` : `${made}C${middle} ${before[1]} ${middle} ${y} ${x} ${y}`;
  }, "");
}

export function chart(n: Node, cx: Cx): V {
  const { inked, flex, sizes } = cx.at.look;
  const axis = node(n.xAxis);
  const key = str(n.xAxis) ?? str(axis?.dataKey) ?? "";
  const rows = nodes(n.data).slice(0, 500).filter(() => cx.spend());
  const series = nodes(n.series).slice(0, 20).map((one, at): Series => {
    const name = text(one.dataKey);
    return {
      key: name,
      name: some(one.label) ?? name,
      type: str(one.type) ?? "bar",
      stack: str(one.stack) ?? `\n${at}`,
      curve: str(one.curveType) ?? "",
      tint: inked(one.color) || inked(HUES[at % HUES.length]),
    };
  });
  const tick = (row: Node): string => text(node(axis?.labels)?.[text(row[key])]) || text(row[key]);
  const value = (row: Node, one: Series): number => num(Object.hasOwn(row, one.key) ? row[one.key] : 0) ?? 0;

  // Where each value begins and ends: stacked ones stand on what is below them.
  const spans = rows.map((row) => {
    const piles = new Map<string, number>();
    return series.map((one) => {
      const pile = `${one.type == "bar" ? "bar" : "line"} ${value(row, one) < 0} ${one.stack}`;
      const from = one.type == "line" ? 0 : piles.get(pile) ?? 0;
      piles.set(pile, from + value(row, one));
      return [from, from + value(row, one)] as const;
    });
  });
  const all = spans.flat(2);
  const marks = ticks(Math.min(0, ...all), Math.max(0, ...all), all.every(Number.isInteger));
  const [low, high] = [marks[0]!, marks.at(-1)!];
  const left = n.showYAxis === true ? 40 : 2;
  const room = (W - left - 2) / (rows.length || 1);
  const x = (at: number) => +(left + room * (at + 0.5)).toFixed(1);
  const y = (amount: number) => +(TOP + ((high - amount) / (high - low || 1)) * (H - TOP - FOOT)).toFixed(1);

  const columns = [...new Set(series.filter((one) => one.type == "bar").map((one) => one.stack))];
  const share = (room * 0.72) / (columns.length || 1);
  const wide = Math.min(Math.max(share - (num(n.barGap) ?? 3), 1), 48);
  const drawn = series.map((one, s) => {
    const points = rows.map((_, r): [number, number] => [x(r), y(spans[r]![s]![1])]);
    if (one.type == "bar") {
      const offset = (columns.indexOf(one.stack) - (columns.length - 1) / 2) * Math.min(share, wide + 4);
      return h("g", { class: one.tint, fill: "currentColor" }, rows.map((row, r) => {
        const [from, to] = spans[r]![s]!;
        const [a, b] = [y(Math.max(from, to)), y(Math.min(from, to))];
        return h("rect", { x: +(x(r) + offset - wide / 2).toFixed(1), y: a, width: +wide.toFixed(1), height: +(b - a).toFixed(1), rx: 2 },
          n.showTooltip !== false && h("title", null, `${tick(row)}, ${one.name}: ${value(row, one)}`));
      }));
    }
    const line = path(points, one.curve);
    const base = rows.map((_, r): [number, number] => [x(r), y(spans[r]![s]![0])]).reverse();
    return h("g", { class: one.tint, fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linejoin": "round" },
      one.type == "area" && line && h("path", { d: `${line}L${path(base, one.curve).slice(1)}Z`, fill: "currentColor", "fill-opacity": 0.2, stroke: "none" }),
      h("path", { d: line }),
      rows.length < 32 && rows.map((row, r) => h("circle", { cx: points[r]![0], cy: points[r]![1], r: 2.5, fill: "currentColor" },
        n.showTooltip !== false && h("title", null, `${tick(row)}, ${one.name}: ${value(row, one)}`))));
  });

  const every = Math.ceil(rows.length / Math.max(2, Math.floor((W - left) / (8 * Math.max(4, ...rows.map((row) => Math.min(tick(row).length, 14)))))));
  // The height is the drawing's: legend and table stand below it.
  const { height, minHeight, maxHeight, aspectRatio, ...around } = n;
  const drawing = { height, minHeight, maxHeight, aspectRatio };
  return h(
    "figure",
    { class: classes("iw-chart", flex(n.flex), ...sizes(around)) },
    h(
      "svg",
      { viewBox: `0 0 ${W} ${H}`, class: classes(...sizes(drawing)), role: "img", "aria-label": `Chart: ${series.map((one) => one.name).join(", ")}`.slice(0, 300) },
      h("g", { class: "iw-grid" }, marks.map((mark) => [
        h("path", { d: `M${left} ${y(mark)}H${W - 2}`, class: mark == 0 && "iw-zero" }),
        left > 2 && h("text", { x: left - 6, y: y(mark) + 4, "text-anchor": "end" }, short(mark)),
      ])),
      drawn,
      axis?.hide !== true && h("g", null, rows.map((row, r) => r % every == 0 && h("text", { x: x(r), y: H - 6, "text-anchor": "middle" }, tick(row).slice(0, 14)))),
    ),
    (n.showLegend ?? series.length > 1) === true &&
      h("ul", { class: "iw-legend", role: "list" }, series.map((one) => h("li", { class: one.tint }, h("span", null, one.name)))),
    h(
      "details",
      null,
      h("summary", null, cx.at.t("Data as a table")),
      scroller(cx.at.t("Chart data"),
        h("thead", null, h("tr", null, h("th", { scope: "col" }, key), series.map((one) => h("th", { scope: "col", class: "ta-end" }, one.name)))),
        h("tbody", null, rows.map((row) => h("tr", null, h("th", { scope: "row" }, tick(row)), series.map((one) => h("td", { class: "ta-end" }, text(Object.hasOwn(row, one.key) ? row[one.key] : ""))))))),
    ),
  );
}
