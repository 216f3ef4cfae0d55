/** `icons.js`: comes with the first icon. */
import type { V } from "../kit/dom.ts";

/** Paths on a grid of 24 by 24; those that begin with F are filled. */
declare const ICONS: Record<string, string>;
declare const STYLE: string;
const table = ICONS;

export const style = STYLE;
export const late = {
  icon(name: unknown, look = ""): V | undefined {
    const path = Object.hasOwn(table, String(name)) ? table[String(name)]! : "";
    const d = path.replace("F", "");
    const looks = `iw-icon ${look}${d == path ? "" : " iw-solid"}`;
    return path ? { t: "svg", p: { class: looks, viewBox: "0 0 24 24", "aria-hidden": "true" }, c: [{ t: "path", p: { d }, c: [], k: "" }], k: "" } : undefined;
  },
};
