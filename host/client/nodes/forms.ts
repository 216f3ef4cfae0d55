/** Forms and labels, and what must be known of a whole tree for them. */
import { classes } from "../kit/classes.ts";
import { h, type Kids, type V } from "../kit/dom.ts";
import { node, nodes, str, type Node } from "../kit/read.ts";
import type { Cx } from "./cx.ts";

interface Facts {
  /** For each control, by scope and name: its id, and whether it is a group of radio buttons. */
  controls: Map<string, { id: string; group: boolean }>;
  /** For each label, by scope and name: its id. */
  labels: Map<string, string>;
  /** Forms that have a submit button. */
  submits: Set<number>;
  /** Ids that are given away. */
  taken: Set<string>;
  /** Forms that have begun. */
  begun: number;
}

const known = new WeakMap<Cx, Facts>();
const CONTROL = /^(Text|Input|Textarea|Select|RadioGroup|Checkbox|DatePicker)$/;

function facts(cx: Cx): Facts {
  let found = known.get(cx);
  if (found) return found;
  known.set(cx, (found = { controls: new Map(), labels: new Map(), submits: new Set(), taken: new Set(), begun: 0 }));
  const { controls, labels, submits } = found;
  let [forms, left] = [0, 10_000];
  const walk = (n: Node, scope: number, depth: number): void => {
    if (!depth || left-- < 0) return;
    const type = str(n.type) ?? "";
    if (!scope && (type == "Form" || (type == "Card" && n.asForm === true))) {
      scope = ++forms;
      if (type == "Card" && node(n.confirm)) submits.add(scope);
    }
    if (type == "Button" && n.submit === true) submits.add(scope);
    const field = `${scope} ${n.fieldName}`;
    if (type == "Label" && !labels.has(field)) labels.set(field, cx.id());
    const key = `${scope} ${(type == "Text" ? node(n.editable) : n)?.name}`;
    if (CONTROL.test(type) && !controls.has(key)) controls.set(key, { id: cx.id(), group: type == "RadioGroup" });
    for (const kid of nodes(n.children)) walk(kid, scope, depth - 1);
  };
  walk(cx.at.tree, 0, 64);
  return found;
}

/** A control's id, the second of a name getting one of its own, and the id of its label. */
export function ids(cx: Cx, name: string): [own: string, label: string | undefined] {
  const { controls, labels, taken } = facts(cx);
  const key = `${cx.scope} ${name}`;
  let id = controls.get(key)?.id ?? cx.id();
  if (taken.has(id)) id = cx.id();
  taken.add(id);
  return [id, labels.get(key)];
}

/** Makes a form around what `inside` makes. One within another belongs to the outer one. */
export function form(cx: Cx, look: string | undefined, action: unknown, inside: () => Kids): V | undefined {
  if (cx.scope) return;
  const all = facts(cx);
  const scope = (cx.scope = ++all.begun);
  const kids = inside();
  cx.scope = 0;
  return h(
    "form",
    {
      class: look,
      onsubmit: (event) => {
        event.preventDefault();
        const source = (event as SubmitEvent).submitter ?? (event.currentTarget as Element);
        cx.at.ask({ action, scope, source, submits: true });
      },
    },
    kids,
    // A form whose tree has no button for it.
    !all.submits.has(scope) && node(action) && h("button", { class: "iw-btn bv-solid", part: "button", type: "submit" }, h("span", null, cx.at.t("Send"))),
  );
}

export function formNode(n: Node, cx: Cx): Kids {
  const look = classes(n.direction == "row" ? "iw-row" : "iw-col", ...cx.at.look.container(n));
  return form(cx, `iw-form ${look}`, n.onSubmitAction, () => cx.kids(n)) ?? h("div", { class: look }, cx.kids(n));
}

export function label(n: Node, cx: Cx): V {
  const { controls, labels } = facts(cx);
  const key = `${cx.scope} ${n.fieldName}`;
  const control = controls.get(key);
  const made = cx.at.words(control && !control.group ? "label" : "span", "iw-label", n, { xs: 0.75, sm: 0.875, md: 1, lg: 1.125, xl: 1.25 });
  Object.assign(made.p, { id: labels.get(key), for: control && !control.group && control.id });
  return made;
}
