/** Borders: one width, one border, or one for each side. Left is where lines begin. */
import { node, num, word } from "./read.ts";

const SIDES = [["top", "y", "block-start"], ["right", "x", "inline-end"], ["bottom", "y", "block-end"], ["left", "x", "inline-start"]] as const;

export function border(value: unknown, atom: (css: string) => string, tone: (colour: unknown) => string | undefined): string {
  const edge = (property: string, one: unknown): string => {
    const look = node(one);
    const size = num(look ? look.size : one);
    if (size === undefined) return "";
    const style = word(look?.style, "dashed dotted double groove ridge inset outset") ?? "solid";
    return atom(`${property}:${Math.min(Math.max(size, 0), 64)}px ${style} ${tone(look?.color) ?? "var(--edge)"}`);
  };
  const sides = node(value) ?? {};
  const own = SIDES.filter(([side, axis]) => (sides[side] ?? sides[axis]) != null);
  return own.map(([side, axis, end]) => edge(`border-${end}`, sides[side] ?? sides[axis])).join(" ") || edge("border", value);
}
