/** Pictures and badges. */
import { classes } from "../kit/classes.ts";
import { h, type Kid, type V } from "../kit/dom.ts";
import { pick, some, text, word, type Node } from "../kit/read.ts";
import { safeUrl } from "../kit/url.ts";
import type { Cx } from "./cx.ts";

const FIT = { contain: "contain", fill: "fill", "scale-down": "scale-down", none: "none", cover: "cover" };
const AT = ["top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right"];

export function image(n: Node, cx: Cx): Kid | undefined {
  const { atom, filled, flex, radius, sizes, spacing } = cx.at.look;
  const src = safeUrl(n.src, cx.at.base, true);
  const alt = text(n.alt);
  if (!src) return some(alt) && h("p", { class: "iw-caption" }, alt);
  const fit = pick(n.fit, FIT);
  const look = classes(
    "iw-img",
    fit && atom(`object-fit:${fit}`),
    AT.includes(n.position as string) && atom(`object-position:${n.position}`),
    n.frame === true && "iw-frame",
    n.flush === true && "iw-flush",
    radius(n.radius),
    spacing("margin", n.margin),
    flex(n.flex),
    ...filled(n.background),
    ...sizes(n),
  );
  return h("img", { class: look, alt, src, loading: "lazy", decoding: "async", referrerpolicy: "no-referrer" });
}

export function badge(n: Node): V {
  const colour = word(n.color, "success danger warning info discovery");
  const size = word(n.size, "sm lg");
  return h(
    "span",
    { class: classes("iw-badge", colour && `bg-${colour}`, pick(n.variant, { solid: "gv-solid", outline: "gv-outline" }), size && `gz-${size}`, n.pill === true && "pill") },
    text(n.label),
  );
}
