/** `looks.js`: comes with the first picture, badge, border, or colour that is no token. */
import { border } from "../kit/border.ts";
import { lightness, paint, plain } from "../kit/colour.ts";
import { badge, image } from "../nodes/image.ts";

declare const STYLE: string;
export const style = STYLE;
export const show = { Image: image, Badge: badge };
export const late = { paint, border };
/** A colour of the page's choice, and the one to write on it. */
export function primary(value: string): string {
  const colour = plain(value);
  return colour ? `:host{--inlay-primary:${colour};--inlay-on-primary:${(lightness(colour) ?? 0) > 0.565 ? "#000" : "#fff"}}` : "";
}
