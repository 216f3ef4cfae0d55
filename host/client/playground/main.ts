/** `/playground`: every widget with an editor beside it. Made with the client that pages have. */
import { h, render, type Kids, type V } from "../kit/dom.ts";
import { node } from "../kit/read.ts";
import type { Listed } from "./api.ts";
import { editor, fill } from "./editor.ts";
import { embedCode, panels } from "./panels.ts";
import { listen, preview, put } from "./preview.ts";
import { State } from "./state.ts";
import { watch, type Trouble } from "./watch.ts";

const root = document.querySelector("main")!;
const state = new State(draw);
let said = "";

function draw(): void {
  render(root, [top(), troubles(), h("div", { class: "pg-split", key: "split" }, editor(state, draw), h("div", { class: "pg-side", key: "right" }, preview(state, draw), panels(state, draw)))]);
  fill(state);
  void put(state);
}

/** Widgets in groups: the author's own first. */
function groups(): V[] {
  const all = new Map<string, Listed[]>();
  for (const one of [...state.listed].sort((a, b) => +b.local - +a.local)) {
    const group = one.local ? "Yours" : one.plugin ? `Of the plugin ${one.plugin}` : "First-party";
    all.set(group, [...(all.get(group) ?? []), one]);
  }
  return [...all].map(([label, items]) => h("optgroup", { label, key: label }, items.map((one) => h("option", { value: one.name, key: one.name, selected: one.name == state.name }, one.title))));
}

function top(): V {
  const samples = Object.keys(node(state.file?.inlay?.samples) ?? {});
  const choice = (id: string, label: string, onchange: (value: string) => void, ...kids: Kids[]): V =>
    h("label", { class: "pg-choice", key: id }, h("span", null, label), h("select", { id, onchange: (event) => onchange((event.currentTarget as HTMLSelectElement).value) }, kids));
  const option = (value: string, label: string): V => h("option", { value, key: value, selected: value == state.sample }, label);
  const button = (label: string, press: () => void, disabled = false): V => h("button", { class: "pg-button", type: "button", key: label, disabled, onclick: press }, label);
  return h(
    "div",
    { class: "pg-top", key: "top" },
    h("h1", null, "Playground"),
    choice("pg-widget", "Widget", (name) => void state.choose(name), groups()),
    choice("pg-sample", "Data", (sample) => void state.pick(sample), option("sample", "Sample"), samples.map((one) => option(one, one)), state.listing?.source && option("live", `Live: ${state.listing.source}`)),
    h("div", { class: "pg-buttons" }, button("Undo changes", () => void state.choose(state.name), !state.dirty), button("Copy embed code", () => void copy()), button("Export .widget", exported)),
    h("p", { class: "pg-said", role: "status", key: "said" }, said),
  );
}

function troubles(): V {
  const one = (trouble: Trouble): V => h("li", { key: trouble.path }, h("strong", null, trouble.path), `: ${trouble.title}`, trouble.text != trouble.title && h("pre", { tabindex: 0, "aria-label": "In full" }, trouble.text));
  const { troubles = [], building = [] } = state.now ?? {};
  return h(
    "div",
    { class: "pg-troubles", key: "troubles" },
    h("div", { role: "alert", key: "alert" }, state.failure && h("p", { class: "pg-failure" }, state.failure), troubles.length > 0 && h("ul", null, troubles.map(one))),
    h("p", { role: "status", class: "pg-building", key: "building" }, building.map((path) => `Building ${path} …`)),
    state.newer && h("p", { class: "pg-newer", key: "newer" }, "The file has changed on disk. ", h("button", { class: "pg-button", type: "button", onclick: () => void state.choose(state.name) }, "Take it, and drop my changes")),
  );
}

function say(words: string): void {
  said = words;
  draw();
}

async function copy(): Promise<void> {
  try {
    await navigator.clipboard.writeText(embedCode(state.name));
    say("Copied");
  } catch {
    // Not every page may write there; then it stands to be copied by hand.
    state.panel = "embed";
    say("The browser does not let a page copy; the code stands below");
  }
}

function exported(): void {
  try {
    const url = URL.createObjectURL(new Blob([`${JSON.stringify(state.edited(), null, 2)}\n`], { type: "application/json" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${state.name}.widget`;
    link.click();
    URL.revokeObjectURL(url);
    say(`${state.name}.widget is saved`);
  } catch {
    say("Schema and data have to be JSON first");
  }
}

draw();
listen(state, draw);
void state.begin().then(() => {
  if (state.dev) watch("/", (now, before) => state.heard(now, before));
});
