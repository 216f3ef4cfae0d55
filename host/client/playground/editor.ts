/** The editor: one text area for each part, with numbered lines and marks where something is wrong. */
import { h, type V } from "../kit/dom.ts";
import type { Finding } from "./api.ts";
import { PARTS, type Part, type State } from "./state.ts";
import { tabs } from "./tabs.ts";

const LABELS: Record<Part, string> = { template: "Template", schema: "Schema", data: "Data" };
/** Lines that get a number; the rest of a very long text goes without. */
const MOST_LINES = 5000;

export const area = (part: Part): HTMLTextAreaElement | null => document.querySelector(`#pg-${part}`);

/** What was typed is the browser's; only what comes from the host is put in. */
export function fill(state: State): void {
  for (const part of PARTS) {
    const box = area(part);
    if (box && box.value != state.texts[part]) box.value = state.texts[part];
  }
}

/** Findings of the tree are the template's doing. */
export const within = (state: State, part: Part): Finding[] => state.findings.filter((one) => one.part == part || (part == "template" && !PARTS.includes(one.part as Part)));

/** Moves the caret to a finding's line. */
export function go(state: State, draw: () => void, finding: Finding): void {
  const part = PARTS.find((one) => one == finding.part) ?? "template";
  state.tab = part;
  draw();
  const box = area(part);
  if (!box) return;
  box.focus();
  if (!finding.line) return;
  const lines = box.value.split("\n");
  const start = lines.slice(0, finding.line - 1).join("\n").length + (finding.line > 1 ? 1 : 0);
  box.setSelectionRange(start, start + (lines[finding.line - 1]?.length ?? 0));
  const height = box.scrollHeight / Math.max(lines.length, 1);
  box.scrollTop = (finding.line - 1) * height - box.clientHeight / 2;
}

function lines(state: State, part: Part): V {
  const bad = new Set(within(state, part).map((one) => one.line));
  const count = Math.min(state.texts[part].split("\n").length, MOST_LINES);
  const numbers = Array.from({ length: count }, (_, at) => h("span", { class: bad.has(at + 1) && "pg-bad" }, String(at + 1)));
  return h("div", { class: "pg-lines", "aria-hidden": "true", key: "lines" }, numbers);
}

function box(state: State, part: Part, draw: () => void): V {
  const wrong = within(state, part).length;
  return h(
    "div",
    { class: "pg-box", key: part, hidden: state.tab != part },
    lines(state, part),
    h("textarea", {
      id: `pg-${part}`, key: "text", "aria-label": LABELS[part], "aria-invalid": wrong ? "true" : undefined, "aria-describedby": wrong ? "pg-wrong" : undefined,
      spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off",
      oninput: (event) => {
        state.write(part, (event.currentTarget as HTMLTextAreaElement).value);
        draw();
      },
      onscroll: (event) => {
        const { scrollTop, previousElementSibling } = event.currentTarget as HTMLTextAreaElement;
        if (previousElementSibling) previousElementSibling.scrollTop = scrollTop;
      },
    }),
  );
}

export function editor(state: State, draw: () => void): V {
  const label = (part: Part) => {
    const wrong = within(state, part).length;
    return [LABELS[part], state.texts[part] != state.saved[part] && h("span", { class: "pg-dot", title: "Changed" }, h("span", { class: "pg-unseen" }, " (changed)")), wrong > 0 && h("span", { class: "pg-count" }, String(wrong))];
  };
  const first = within(state, state.tab).slice(0, 3);
  return h(
    "section",
    { class: "pg-side", "aria-label": "Editor", key: "editor" },
    tabs("edit", "Parts of the widget", PARTS.map((part) => ({ id: part, label: label(part) })), state.tab, (id) => {
      state.tab = id as Part;
      draw();
    }),
    h("div", { id: "edit-panel", class: "pg-boxes", role: "tabpanel", "aria-labelledby": `edit-${state.tab}` }, PARTS.map((part) => box(state, part, draw))),
    h("div", { id: "pg-wrong", class: "pg-wrong", role: "status", key: "wrong" }, first.map((one) => h("p", null, one.line ? h("strong", null, `Line ${one.line}: `) : one.pointer && h("strong", null, `${one.pointer}: `), one.message))),
  );
}
