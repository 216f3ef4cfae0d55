import { h, type Kid } from "../kit/dom.ts";
import { markdown as read } from "../kit/markdown.ts";
import { text, type Node } from "../kit/read.ts";
import { safeUrl } from "../kit/url.ts";
import type { Cx } from "./cx.ts";
import { scroller } from "./table.ts";

export const markdown = (n: Node, cx: Cx): Kid =>
  h("div", { class: "iw-md", dir: "auto" }, read(text(n.value), { url: (raw, picture) => safeUrl(raw, cx.at.base, picture), table: (...kids) => scroller(cx.at.t("Table"), ...kids), level: 2 }));
