/** What the widget part itself can show. What else there is comes with a part of its own (embed/parts.ts). */
import { basic, box, card } from "./boxes.ts";
import { button } from "./buttons.ts";
import type { Show } from "./cx.ts";
import { caption, divider, icon, spacer, textNode, title } from "./words.ts";

/** A type that is not here shows its children. */
export const show: Show = {
  Card: card, Basic: basic, Box: box("iw-box"), Row: box("iw-row"), Col: box("iw-col"), Text: textNode, Title: title,
  Caption: caption, Icon: icon, Divider: divider, Spacer: spacer, Button: button,
};
