/** Roots and containers. */
import { classes } from "../kit/classes.ts";
import { h, type V } from "../kit/dom.ts";
import { alignment, border, cardPadding, container, filled, gap, spacing } from "../kit/look.ts";
import { node, pick, type Node } from "../kit/read.ts";
import { plainButton } from "./buttons.ts";
import type { Cx } from "./cx.ts";

export const theme = (n: Node): string | undefined => pick(n.theme, { light: "on-light", dark: "on-dark" });

export function card(n: Node, cx: Cx): V {
  const [confirm, cancel] = [node(n.confirm), node(n.cancel)];
  const asForm = n.asForm === true;
  const collapsed = n.collapsed === true && !asForm;
  const inside = () => [
    h("div", { class: classes("iw-body", cardPadding(n.padding)) }, cx.kids(n)),
    (confirm || cancel) &&
      h("div", { class: "iw-foot" }, cancel && plainButton(cancel, cx, "outline"), confirm && plainButton(confirm, cx, "solid", asForm)),
  ];
  return h(
    collapsed ? "details" : "section",
    {
      class: classes("iw iw-card", theme(n), pick(n.size, { sm: "iw-sm", lg: "iw-lg", full: "iw-full" }), border(n.border), ...filled(n.background)),
      part: "card",
      "aria-label": cx.at.title,
    },
    cx.at.late.status?.(n, cx, collapsed ? "summary" : "div"),
    asForm ? cx.form("iw-form", confirm?.action, inside) : inside(),
  );
}

export const basic = (n: Node, cx: Cx): V =>
  h(
    "section",
    { class: classes("iw iw-basic", theme(n), n.direction == "row" ? "iw-row" : "iw-col", ...alignment(n), gap(n.gap), spacing("padding", n.padding)), "aria-label": cx.at.title },
    cx.kids(n),
  );

export const box = (base: string) => (n: Node, cx: Cx): V =>
  h("div", { class: classes(base, base == "iw-box" && n.direction == "row" && "iw-dir-row", ...container(n)) }, cx.kids(n));
