/** What parts that come later add to what is here. */
import type { Kids, Props, V } from "../kit/dom.ts";
import type { Colour } from "../kit/look.ts";
import type { Node } from "../kit/read.ts";
import type { Cx } from "./cx.ts";

export const late: {
  /** Our own words in the reader's language. */
  say?(words: string, locale: string | null): string | undefined;
  /** A select that can be searched. `own`: what names it and says how it is; `native`: the select that holds its value. */
  combo?(n: Node, cx: Cx, own: Props, native: V): V;
  icon?(name: unknown, look?: string): V | undefined;
  /** A form around what `inside` makes; forms do not nest. */
  form?(cx: Cx, look: string | undefined, action: unknown, inside: () => Kids): V | undefined;
  /** The line above a root's content; of a collapsed card, the part that stays. */
  status?(n: Node, cx: Cx, tag: string): V | undefined;
  border?(value: unknown, atom: (css: string) => string, tone: (colour: unknown) => string | undefined): string;
  /** Any colour that is no token; as a background also a gradient. */
  paint?(value: string, background?: boolean): Colour | undefined;
} = {};
