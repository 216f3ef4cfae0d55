/** Buttons: what they look like, and what they ask. */
import { classes, controlSize } from "../kit/classes.ts";
import { h, type Kids, type V } from "../kit/dom.ts";
import { node, some, str, word, type Node } from "../kit/read.ts";
import type { Ask, Cx } from "./cx.ts";

/** A button that submits its form, or asks for its action. */
function press(n: Node, cx: Cx, look: string | undefined, name: string | undefined, action: unknown, submits: boolean, ask: Partial<Ask>, ...face: Kids[]): V {
  const { scope } = cx;
  submits &&= scope > 0;
  return h(
    "button",
    {
      class: look,
      part: "button",
      type: submits ? "submit" : "button",
      disabled: n.disabled === true || !(submits || node(action)),
      "aria-label": name,
      onclick: submits ? null : (event) => cx.at.ask({ action, scope, source: event.currentTarget as Element, ...ask }),
    },
    face,
  );
}

export function button(n: Node, cx: Cx): V {
  const submits = n.submit === true;
  const colour = word(n.color, "secondary info discovery success caution warning danger");
  const size = word(n.iconSize, "sm md lg xl 2xl");
  const icon = (name: unknown) => cx.icon(name, size && `iz-${size}`);
  const label = some(n.label);
  const usual = (n.style ? n.style == "primary" : submits) ? "solid" : "outline";
  return press(
    n,
    cx,
    classes("iw-btn", `bv-${word(n.variant, "solid soft outline ghost") ?? usual}`, colour && `bc-${colour}`, controlSize(n), ...["pill", "uniform", "block"].filter((name) => n[name] === true)),
    str(n.ariaLabel) ?? (label ? undefined : (str(n.iconStart) ?? str(n.iconEnd) ?? "button").replace(/[-:]/g, " ")),
    n.onClickAction,
    submits,
    {},
    icon(n.iconStart),
    label && h("span", null, label),
    icon(n.iconEnd),
  );
}

/** `confirm` or `cancel` of a card, or what a form that has none is sent by. */
export const plainButton = (n: Node, cx: Cx, variant: string, submits = false): V =>
  press(n, cx, `iw-btn bv-${variant}`, undefined, n.action, submits, { confirms: variant == "solid" }, h("span", null, some(n.label) ?? "OK"));
