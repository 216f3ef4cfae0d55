/**
 * Props that say how something looks, as classes whose rules are made when they are first needed.
 *
 * The rules stand in one constructed style sheet, so that pages which forbid every inline style still show them. A rule
 * is put together of words and numbers that were read here; text of a widget never becomes part of one.
 */
import { late } from "../nodes/late.ts";
import { node, num, pick, str, text, word, type Node } from "./read.ts";

/** A colour as CSS, and its lightness (0 to 1) where that is the same in every theme. */
export type Colour = [css: string, lightness?: number];

export const atoms = new CSSStyleSheet();
const known = new Map<string, string>();
/** Rules after which no more are made: enough for every widget, and a bound for one that means ill. */
const MOST = 5000;

/** The class that has these declarations. */
export function atom(css: string): string {
  let name = known.get(css);
  if (!name && known.size < MOST) {
    known.set(css, (name = `a${known.size}`));
    atoms.insertRule(`.${name}{${css}}`, known.size - 1);
  }
  return name ?? "";
}

/** A length as CSS: a number in `unit` px, or a CSS length or percentage; never negative. */
export function length(value: unknown, unit = 1): string | undefined {
  const [, amount, kind] = /^\s*(\d*\.?\d+)(px|r?em|%|ch|d?v[hw])?\s*$/.exec(text(value)) ?? [];
  if (!amount) return pick(value, { auto: "auto", "fit-content": "fit-content", "min-content": "min-content", "max-content": "max-content" });
  const number = Math.min(+amount, 1e4);
  return kind && /[%chvw]/.test(kind) ? number + kind : `${number * (kind == "px" ? 1 : kind ? 16 : unit)}px`;
}

const set = (property: string, value: string | undefined): string => (value ? atom(`${property}:${value}`) : "");

export const SIDES = [
  ["top", "y", "block-start"],
  ["right", "x", "inline-end"],
  ["bottom", "y", "block-end"],
  ["left", "x", "inline-start"],
] as const;

/** One value, or one for each side; the more exact key wins. Left is where lines begin. */
export function spacing(property: string, value: unknown): string {
  const sides = node(value);
  if (!sides) return set(property, length(value, 4));
  return SIDES.map(([side, axis, end]) => set(`${property}-${end}`, length(sides[side] ?? sides[axis], 4))).join(" ");
}

/** The room around the content of a card, which flush children reach through. */
export const cardPadding = (value: unknown): string =>
  node(value) ? spacing("padding", value) : set("--pad", length(value, 4));

export const border = (value: unknown): string | undefined => (value == null ? undefined : late.border?.(value, atom, tone));

const RADII = { "2xs": 2, xs: 4, sm: 6, md: 8, lg: 10, xl: 12, "2xl": 16, "3xl": 20, "4xl": 24, full: 9999, none: 0 };
export function radius(value: unknown): string {
  const px = pick(value, RADII);
  return set("border-radius", value == "100%" ? "50%" : px === undefined ? undefined : `${px}px`);
}

export function flex(value: unknown): string {
  const [grow, shrink, basis] = text(value).trim().split(/\s+/);
  if (grow == "auto" || grow == "none") return set("flex", grow);
  if (!/^\d{1,3}(\.\d+)?$/.test(grow ?? "")) return "";
  const rest = `${/^\d$/.test(shrink ?? "") ? shrink : 1} ${length(basis) ?? 0}`;
  return grow == "0" && !shrink ? set("flex", "none") : atom(`flex:${grow} ${rest};min-width:0`);
}

const FLOW: Record<string, string> = { start: "flex-start", end: "flex-end", between: "space-between", around: "space-around", evenly: "space-evenly" };
const flow = (property: string, value: unknown, words: string): string => {
  const known = word(value, words);
  return set(property, known && (FLOW[known] ?? known));
};
export const alignment = (n: Node): string[] => [
  flow("align-items", n.align, "start center end baseline stretch"),
  flow("justify-content", n.justify, "start center end between around evenly stretch"),
  flow("flex-wrap", n.wrap, "nowrap wrap wrap-reverse"),
];

export const gap = (value: unknown): string => set("gap", length(value, 4));

/** Width, height and their bounds; `size` stands for both. */
export function sizes(n: Node): string[] {
  const found: string[] = [];
  for (const bound of ["", "min", "max"]) {
    for (const side of ["Width", "Height"]) {
      const name = bound ? bound + side : side.toLowerCase();
      const value = length(n[name] ?? n[bound ? bound + "Size" : "size"]);
      const property = (bound && bound + "-") + side.toLowerCase();
      found.push(set(property, value));
      // What has a size keeps it; what is too wide for the page does not.
      if (!bound && value && side == "Width") found.push(atom("max-width:100%"));
    }
  }
  const [, width, height] = /^\s*(\d+\.?\d*)(?:\s*\/\s*(\d+\.?\d*))?\s*$/.exec(text(n.aspectRatio)) ?? [];
  found.push(set("aspect-ratio", width && `${width}/${height ?? 1}`));
  return found;
}

/** Everything that Box, Row, Col and Form share. */
export const container = (n: Node): (string | undefined)[] => [
  ...alignment(n),
  flex(n.flex),
  gap(n.gap),
  spacing("padding", n.padding),
  spacing("margin", n.margin),
  border(n.border),
  radius(n.radius),
  ...filled(n.background),
  ...sizes(n),
];

const FG = { prose: "fg", primary: "fg", emphasis: "fg", secondary: "fg-2", tertiary: "fg-3", success: "success", warning: "warning", danger: "danger", info: "info", discovery: "discovery" };
const FILL = { surface: "surface", "surface-secondary": "surface-2", "surface-tertiary": "surface-3", "surface-elevated": "surface", "surface-elevated-secondary": "surface-2" };
const LINE = { default: "edge", subtle: "surface-3", strong: "edge-2" };

/** A colour by its token, else by `paint.js`; one for each theme where there are two. */
function colour(value: unknown, tokens: Record<string, string>): Colour | undefined {
  const pair = node(value);
  if (pair) {
    const [light, dark] = [colour(pair.light, tokens), colour(pair.dark, tokens)];
    return light && dark ? [`light-dark(${light[0]},${dark[0]})`] : light ?? dark;
  }
  const name = str(value)?.trim();
  const token = pick(name, tokens);
  return token ? [`var(--${token})`] : name ? late.paint?.(name, tokens == FILL) : undefined;
}

/** A border's colour as CSS. */
const tone = (value: unknown): string | undefined => colour(value, LINE)?.[0];

export const inked = (value: unknown): string => set("color", colour(value, FG)?.[0]);
export const edged = (value: unknown): string => set("border-color", tone(value));
/** What stands on a light background is dark, whatever the theme, and the reverse. */
export function filled(value: unknown): string[] {
  const [css, light] = colour(value, FILL) ?? [];
  return [set("background", css), light === undefined ? "" : light > 0.585 ? "on-light" : "on-dark"];
}

const WEIGHTS = { normal: "400", medium: "500", semibold: "600", bold: "700" };
const lines = (value: unknown, property: (n: number) => string): string => {
  const count = num(value);
  return count && count >= 1 ? atom(property(Math.min(Math.floor(count), 99))) : "";
};

/** Everything that Text, Title, Caption and Label share; `scale`: font sizes in em. */
export const type = (n: Node, scale: Record<string, number>): string[] => {
  const size = pick(n.size, scale);
  return [
    set("font-size", size ? `${size}em` : undefined),
    inked(n.color),
    set("font-weight", pick(n.weight, WEIGHTS)),
    set("text-align", word(n.textAlign, "start center end")),
    n.truncate === true ? "truncate" : lines(n.maxLines, (count) => `display:-webkit-box;-webkit-box-orient:vertical;overflow:hidden;-webkit-line-clamp:${count}`),
    n.italic === true ? atom("font-style:italic") : "",
    n.lineThrough === true ? atom("text-decoration:line-through") : "",
    lines(n.minLines, (count) => `min-height:${count}lh`),
    set("width", length(n.width)),
  ];
};
