/** Tables, of the tree, of Markdown and behind charts. */
import { h, type Kids, type V } from "../kit/dom.ts";
import { classes } from "../kit/classes.ts";
import { list, node, num, text, word, type Node } from "../kit/read.ts";
import type { Cx } from "./cx.ts";

/** A table that scrolls sideways by itself, also by the keyboard. */
export const scroller = (label: string, ...kids: Kids[]): V =>
  h("div", { class: "iw-scroll", role: "region", "aria-label": label, tabindex: 0 }, h("table", { class: "iw-table" }, ...kids));

function cell(value: unknown, header: boolean, cx: Cx): V | undefined {
  const n = node(value);
  if (!n || !cx.spend()) return;
  const isCell = n.type == "Table.Cell";
  const align = isCell && word(n.align ?? n.textAlign, "start center end");
  const span = isCell ? num(n.colSpan) : undefined;
  return h(
    header ? "th" : "td",
    {
      class: isCell ? classes(align && `ta-${align}`, cx.at.look.spacing("padding", n.padding)) : undefined,
      scope: header && "col",
      colspan: span && span >= 2 && span <= 100 && Math.floor(span),
    },
    isCell ? [text(n.value), cx.kids(n)] : cx.node(n),
  );
}

export function table(n: Node, cx: Cx): V {
  const rows = list(n.children).map((value) => {
    const row = node(value);
    const isRow = row?.type == "Table.Row";
    if (!row || !cx.spend()) return;
    return h("tr", null, isRow ? list(row.children).map((one) => cell(one, row.header === true, cx)) : cell(row, false, cx));
  });
  return scroller(cx.at.t("Table"), h("tbody", null, rows));
}
