/** Leaves that show something: words, icons, lines. */
import { h, type V } from "../kit/dom.ts";
import { classes, EDITABLE } from "../kit/classes.ts";
import { atom, edged, inked, length, type } from "../kit/look.ts";
import { node, text, word, type Node } from "../kit/read.ts";
import type { Cx, Shown } from "./cx.ts";

/** "auto" for text that may run from right to left. */
const dir = (words: string): string | undefined => (/[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/.test(words) ? "auto" : undefined);
export const TEXT = { xs: 0.75, sm: 0.875, md: 1, lg: 1.125, xl: 1.25 };
const TITLE = { sm: 1, md: 1.125, lg: 1.25, xl: 1.5, "2xl": 1.75, "3xl": 2, "4xl": 2.5, "5xl": 3 };
const CAPTION = { sm: 0.8125, md: 0.875, lg: 1 };

export const words = (tag: string, base: string, n: Node, scale: Record<string, number>): V =>
  h(tag, { class: classes(base, ...type(n, scale)), dir: dir(text(n.value)) }, text(n.value));

export const textNode = (n: Node, cx: Cx): Shown => {
  const editable = node(n.editable);
  return editable ? cx.node({ ...editable, type: EDITABLE, defaultValue: n.value }) : words("p", "iw-text", n, TEXT);
};

/** The first title is the widget's heading; later ones are headings below it, but for small ones and those in rows. */
export function title(n: Node, cx: Cx): V {
  const plain = cx.inList || n.size == "sm";
  const tag = plain ? "p" : cx.titled ? "h3" : "h2";
  cx.titled ||= !plain;
  return words(tag, "iw-title", n, TITLE);
}

export const caption = (n: Node): V => words("p", "iw-caption", n, CAPTION);

export function icon(n: Node, cx: Cx): V | undefined {
  const size = word(n.size, "xs sm md lg xl 2xl 3xl");
  const look = classes(size && `iz-${size}`, inked(n.color));
  return cx.icon(n.name, look) ?? cx.icon("dot", look);
}

export function divider(n: Node): V {
  const size = length(n.size);
  const space = length(n.spacing, 4);
  return h("hr", {
    class: classes("iw-hr", n.flush === true && "iw-flush", size && atom(`border-block-start-width:${size}`), edged(n.color), space && atom(`margin-block:${space}`)),
  });
}

/** Takes the room that is left; only to be seen. */
export function spacer(n: Node): V {
  const size = length(n.minSize);
  return h("div", { class: classes("iw-spacer", size && atom(`flex-basis:${size}`)) });
}
