/** Class names that need no rule made. */
import { word, type Node } from "./read.ts";

export const classes = (...names: (string | false | undefined)[]): string | undefined =>
  names.filter(Boolean).join(" ") || undefined;

/** A control's or button's height, ChatKit's ControlSize. */
export const controlSize = (n: Node): string | false => {
  const size = word(n.size, "3xs 2xs xs sm lg xl 2xl 3xl");
  return !!size && `cz-${size}`;
};

/** What a text that can be edited is shown as: no type that a tree may name. */
export const EDITABLE = "Text editable";
