/** Form controls, each with its label and what is wrong with it. */
import { h, type Handler, type Kids, type Props, type V } from "../kit/dom.ts";
import { node, nodes, num, pick, some, str, text, word, type Node } from "../kit/read.ts";
import { classes, controlSize, EDITABLE } from "../kit/classes.ts";
import type { Cx, Show, Shown } from "./cx.ts";
import { form, formNode, ids, label } from "./forms.ts";

interface Control {
  name: string;
  /** Attributes of the element that is the control itself. */
  own: Props;
  state: Props;
  onchange: Handler | undefined;
  around: (...kids: Kids[]) => V;
}

const PROBE = document.createElement("form");

/** A form's fields shadow its own members, so a name that is one of them is changed; `data-name` keeps the real one. */
const formName = (name: string): string => (name in PROBE ? `_${name}` : name);

/** What all controls share. `spoken`: the prop that names a control where no label does. */
function control(n: Node, cx: Cx, spoken: string): Control {
  const name = text(n.name).slice(0, 200);
  const { scope } = cx;
  const [id, labelled] = ids(cx, name);
  const fault = cx.at.faults.get(`${scope} ${name}`);
  const state: Props = {
    "aria-label": labelled ? undefined : (some(n[spoken]) ?? some(n.placeholder) ?? name.replace(/[_.-]/g, " ")),
    "aria-describedby": fault && `${id}f`,
    "aria-invalid": fault && "true",
  };
  const own: Props = { ...state, id, name: formName(name), "data-name": name, required: n.required === true, disabled: n.disabled === true, part: "input" };
  const action = node(n.onChangeAction);
  return {
    name,
    own,
    state: { ...state, id, "aria-labelledby": labelled },
    onchange: action && ((event) => cx.at.ask({ action, scope, source: event.currentTarget as Element })),
    around: (...kids) => h("div", { class: "iw-field", key: name }, ...kids, fault && h("p", { class: "iw-fault", id: `${id}f` }, fault)),
  };
}

function input(n: Node, cx: Cx): V {
  const kind = word(n.inputType, "number email password tel url") ?? "text";
  const { own, onchange, around } = control(n, cx, "");
  return around(
    h("input", {
      type: kind,
      class: classes("iw-input", n.type == EDITABLE && "iw-editable", controlSize(n), n.pill === true && "pill", n.variant == "soft" && "iv-soft"),
      ...own,
      pattern: str(n.pattern)?.slice(0, 500),
      placeholder: str(n.placeholder),
      autocomplete: pick(kind, { email: "email", tel: "tel", url: "url", password: "off" }),
      step: kind == "number" && "any",
      "data-focus": n.autoFocus === true,
      value: text(n.defaultValue) || undefined,
      onchange,
      onfocus: n.autoSelect === true && ((event: Event) => (event.currentTarget as HTMLInputElement).select()),
    }),
  );
}

function textarea(n: Node, cx: Cx): V {
  const { own, onchange, around } = control(n, cx, "");
  return around(
    h(
      "textarea",
      {
        class: classes("iw-input iw-area", n.variant == "soft" && "iv-soft", n.autoResize === true && "iw-grow"),
        ...own,
        rows: Math.min(Math.max(Math.floor(num(n.rows) ?? 4), 1), 40),
        placeholder: str(n.placeholder),
        "data-focus": n.autoFocus === true,
        onchange,
      },
      text(n.defaultValue),
    ),
  );
}

function select(n: Node, cx: Cx): V {
  const { own, onchange, around } = control(n, cx, "");
  const chosen = text(n.defaultValue);
  const { combo } = cx.at.late;
  const search = n.searchable === true && combo;
  const look = classes("iw-input iw-select", controlSize(n), n.pill === true && "pill", pick(n.variant, { soft: "iv-soft", solid: "iv-soft", ghost: "iv-ghost" }));
  const held = { class: look, name: own.name, "data-name": own["data-name"], disabled: own.disabled, hidden: true };
  const native =
    h(
      "select",
      { ...(search ? held : { class: look, ...own }), onchange },
      (some(n.placeholder) || n.clearable === true || !chosen) && h("option", { value: "" }, some(n.placeholder) ?? cx.at.t("Choose…")),
      nodes(n.options).filter(() => cx.spend()).map((option) => {
        const value = text(option.value);
        const more = some(option.description);
        return h("option", { value, key: value, selected: value == chosen, disabled: option.disabled === true }, (some(option.label) ?? value) + (more ? ` – ${more}` : ""));
      }),
    );
  return around(search ? search(n, cx, { ...own, class: look }, native) : native);
}

function radioGroup(n: Node, cx: Cx): V {
  const { name, own, state, onchange, around } = control(n, cx, "ariaLabel");
  const chosen = text(n.defaultValue);
  // The name keeps groups of different forms apart by itself; outside of forms one name is one group.
  return around(
    h(
      "div",
      { class: classes("iw-radios", n.direction == "row" && "iw-dir-row"), role: "radiogroup", ...state },
      nodes(n.options).filter(() => cx.spend()).map((option) => {
        const value = text(option.value);
        return h(
          "label",
          { class: "iw-check", key: value },
          h("input", { type: "radio", name: own.name, "data-name": name, value, checked: value == chosen, required: own.required, disabled: own.disabled || option.disabled === true, onchange }),
          h("span", null, some(option.label) ?? value),
        );
      }),
    ),
  );
}

function checkbox(n: Node, cx: Cx): V {
  const { own, onchange, around } = control(n, cx, "label");
  const label = some(n.label);
  if (label) own["aria-label"] = undefined;
  return around(
    h(
      "label",
      { class: "iw-check" },
      h("input", { type: "checkbox", ...own, value: "true", checked: n.defaultChecked === true || n.defaultChecked === "true", onchange }),
      label && h("span", null, label),
    ),
  );
}

/** The date of an ISO date-time. */
const date = (value: unknown): string | undefined => /^\d{4}-\d\d-\d\d/.exec(text(value))?.[0];

function datePicker(n: Node, cx: Cx): V {
  const { own, onchange, around } = control(n, cx, "");
  return around(
    h("input", { type: "date", class: classes("iw-input", controlSize(n), n.pill === true && "pill", n.variant == "soft" && "iv-soft"), ...own, min: date(n.min), max: date(n.max), value: date(n.defaultValue), onchange }),
  );
}

export const controls: Show = {
  Input: input, [EDITABLE]: input, Textarea: textarea, Select: select, RadioGroup: radioGroup, Checkbox: checkbox, DatePicker: datePicker,
  Form: formNode as (n: Node, cx: Cx) => Shown, Label: label,
};
export const late = { form };
