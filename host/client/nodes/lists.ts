/** Lists and their rows, and the line of status that lists and cards may have. */
import { classes } from "../kit/classes.ts";
import { h, type V } from "../kit/dom.ts";
import { node, nodes, num, some, type Node } from "../kit/read.ts";
import { safeUrl } from "../kit/url.ts";
import type { Cx } from "./cx.ts";

function status(n: Node, cx: Cx, tag: string): V | undefined {
  const is = node(n.status);
  if (!is && tag == "div") return;
  const src = safeUrl(is?.favicon, cx.at.base, true);
  return h(
    tag,
    { class: "iw-status" },
    src
      ? h("img", { class: classes("iw-img iw-favicon", is?.frame === true && "iw-frame"), src, alt: "", width: 16, height: 16, referrerpolicy: "no-referrer" })
      : cx.icon(is?.icon),
    h("span", null, some(is?.text) ?? cx.at.t("More")),
  );
}

function listView(n: Node, cx: Cx): V {
  const items = nodes(n.children);
  const limit = num(n.limit) ?? 0;
  const cut = limit < 1 ? items.length : Math.floor(limit);
  const rows = (some: Node[]) =>
    h("ul", { class: "iw-items", role: "list" }, some.map((item) => {
      const row = cx.node(item);
      if (item.type != "ListViewItem" || !node(row)) return h("li", { class: "iw-item" }, row);
      (row as V).t = "li";
      return row;
    }));
  const more = items.slice(cut);
  return h(
    "section",
    { class: classes("iw iw-list", cx.at.theme(n)), part: "card", "aria-label": cx.at.title },
    status(n, cx, "div"),
    rows(items.slice(0, cut)),
    more.length > 0 && h("details", { class: "iw-more" }, h("summary", { class: "iw-btn bv-ghost" }, `Show ${more.length} more`), rows(more)),
  );
}

/** A row. One with an action gets a button spread over all of it, so that buttons and fields inside stay usable. */
function listItem(n: Node, cx: Cx): V {
  const { alignment, gap } = cx.at.look;
  const id = cx.id();
  const action = node(n.onClickAction);
  const { scope, inList } = cx;
  cx.inList = true;
  const row = h("div", { class: classes("iw-row", ...alignment(n), gap(n.gap)), id }, cx.kids(n));
  cx.inList = inList;
  return h(
    "div",
    { class: classes("iw-item", action && "iw-click") },
    row,
    action && h("button", {
      class: "iw-spread",
      type: "button",
      "aria-labelledby": id,
      onclick: (event) => cx.at.ask({ action, scope, source: event.currentTarget as Element }),
    }),
  );
}

export const lists = { ListView: listView, ListViewItem: listItem };
export const late = { status };
