/** Colours that are no tokens: ChatKit's hues, and any colour that CSS knows. What is none is left out. */
import type { Colour } from "./look.ts";
import { pick } from "./read.ts";

const GRADIENT = /^(repeating-)?(linear|radial|conic)-gradient\([\w\s#%.,()-]+\)$/i;

/** Steps of a hue: lightness in OKLCH, and the share of the hue's chroma. Those of the stylesheet for plain HTML. */
const STEPS: [number, number, number][] = [
  [0, 1, 0], [25, 0.985, 0.06], [50, 0.97, 0.12], [75, 0.955, 0.18], [100, 0.935, 0.25], [200, 0.88, 0.5],
  [300, 0.81, 0.75], [400, 0.73, 0.95], [500, 0.63, 1], [600, 0.54, 0.97], [700, 0.46, 0.85], [800, 0.38, 0.7],
  [900, 0.3, 0.5], [950, 0.24, 0.4], [1000, 0.17, 0.25],
];
/** Chroma and angle in OKLCH. */
const HUES: Record<string, [number, number]> = {
  gray: [0, 286], red: [0.2, 25], orange: [0.17, 52], yellow: [0.15, 90], green: [0.16, 150], blue: [0.18, 257],
  purple: [0.19, 300], pink: [0.2, 350],
};

let canvas: CanvasRenderingContext2D | null | undefined;

/** The colour as the browser writes it: `#rrggbb` or `rgba(…)`; `undefined` where it is none. */
export function plain(css: string): string | undefined {
  canvas ??= document.createElement("canvas").getContext("2d");
  if (!css || !canvas || !CSS.supports("color", css) || /[^\w\s#%.,()/-]|var|current/i.test(css)) return;
  canvas.fillStyle = "#000";
  canvas.fillStyle = css;
  return String(canvas.fillStyle);
}

/** OKLCH's lightness, nearly: the cube root of luminance. Colours that let half of their ground through have none. */
export function lightness(css: string | undefined): number | undefined {
  const hex = /^#(..)(..)(..)$/.exec(css ?? "");
  const found = hex ? hex.slice(1).map((pair) => parseInt(pair, 16)) : (css ?? "").match(/[\d.]+/g)?.map(Number) ?? [];
  const [r, g, b, a] = found.map((c, at) => (at > 2 ? c : ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)));
  if (r === undefined || g === undefined || b === undefined || (a ?? 1) < 0.5 || !/^(#|rgb)/.test(css!)) return;
  return Math.cbrt(0.2126 * r + 0.7152 * g + 0.0722 * b);
}

/** A hue and step, a share of the text's colour, or any colour of CSS; as a background also a gradient. */
export function paint(name: string, background?: boolean): Colour | undefined {
  if (background && name.length < 500 && GRADIENT.test(name) && !/url|image|var|env|attr/i.test(name)) {
    const first = /#\w+|rgba?\([^)]*\)/.exec(name)?.[0];
    return [name, lightness(first && plain(first))];
  }
  const [, word = name, number = "500"] = /^([a-z]+)-(\d+)$/.exec(name) ?? [];
  if (word == "alpha") return [`color-mix(in oklab,var(--fg) ${Math.min(+number, 100)}%,transparent)`];
  const hue = pick(word, HUES);
  if (hue) {
    const [, light, share] = STEPS.reduce((best, step) => (Math.abs(step[0] - +number) < Math.abs(best[0] - +number) ? step : best));
    return [`oklch(${light} ${+(hue[0] * share).toFixed(4)} ${hue[1]})`, light];
  }
  const css = plain(name.slice(0, 200));
  return css ? [css, lightness(css)] : undefined;
}
