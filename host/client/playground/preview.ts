/** The preview: the client as pages have it, showing the draft. */
import { h, type V } from "../kit/dom.ts";
import { node, str } from "../kit/read.ts";
import type { Entry, State } from "./state.ts";
import { panel, tabs } from "./tabs.ts";

type Shows = HTMLElement & { show?(tree: unknown): void };

const VIEWS = [
  { id: "light", label: "Light", of: ["light"] },
  { id: "dark", label: "Dark", of: ["dark"] },
  { id: "rtl", label: "Right to left", of: ["rtl"] },
  { id: "narrow", label: "320 px", of: ["narrow"] },
  { id: "all", label: "All", of: ["light", "dark", "rtl", "narrow"] },
];

export function preview(state: State, draw: () => void): V {
  const choose = (id: string): void => {
    state.view = id;
    draw();
  };
  const { of } = VIEWS.find((view) => view.id == state.view) ?? VIEWS[0]!;
  return h(
    "section",
    { class: "pg-shown", "aria-label": "Preview", key: "preview" },
    tabs("view", "Ways to look at it", VIEWS, state.view, choose),
    panel(
      "view",
      state.view,
      state.tree && !state.trial?.tree && h("p", { class: "pg-old", key: "old" }, "The last version that could be shown"),
      !state.tree && h("p", { class: "pg-nothing", key: "nothing" }, state.name ? "There is nothing to show yet." : "Loading…"),
      state.tree && of.map((view) => h("div", { class: `pg-stage pg-on-${view}`, "data-view": view, key: `${state.name} ${view}` })),
    ),
  );
}

const shown = new WeakMap<Element, unknown>();

/** Hands the tree to each preview. It comes before the element stands in the page, which would ask the host else. */
export async function put(state: State): Promise<void> {
  await customElements.whenDefined("inlay-widget");
  const { tree, name } = state;
  if (!tree) return;
  for (const stage of document.querySelectorAll<HTMLElement>(".pg-stage")) {
    const there = stage.firstElementChild as Shows | null;
    if (there && shown.get(there) == tree) continue;
    const element = there ?? (document.createElement("inlay-widget") as Shows);
    shown.set(element, tree);
    element.show?.(tree);
    if (there) continue;
    const { view } = stage.dataset;
    Object.assign(element.dataset, { theme: view == "dark" ? "dark" : "light", title: state.listing?.title ?? name, ...(view == "rtl" ? { dir: "rtl" } : {}) });
    element.setAttribute("name", name);
    stage.append(element);
  }
}

/** Writes down what people do in a preview, and what comes of it. */
export function listen(state: State, draw: () => void): void {
  const waiting = new Map<string, Entry>();
  addEventListener("inlay:action", (event) => {
    const { action, form, handler } = (event as CustomEvent).detail as { action: { type: string; payload: unknown }; form: object; handler: string };
    const sent = { payload: action.payload ?? {}, ...(Object.keys(form).length ? { form } : {}) };
    const client = handler == "client";
    if (!state.sends) event.preventDefault();
    const entry = state.note({ name: action.type, sent, how: client ? "handled by the page" : state.sends ? "waiting" : "not sent" });
    if (state.sends && !client) waiting.set(action.type, entry);
    draw();
  });
  const end = (name: string | undefined, how: string, answer: unknown, bad: boolean): void => {
    const entry = (name && waiting.get(name)) || [...waiting.values()].at(-1);
    if (!entry) return;
    waiting.delete(entry.name);
    Object.assign(entry, { how, answer, bad, ms: Math.round(performance.now() - entry.began) });
    draw();
  };
  addEventListener("inlay:action.done", (event) => {
    const { action, answer } = (event as CustomEvent).detail as { action: string; answer: { message?: string } };
    end(action, answer.message ?? "done", answer, false);
  });
  addEventListener("inlay:error", (event) => {
    const { problem, error } = (event as CustomEvent).detail as { problem?: unknown; error?: Error };
    end(undefined, str(node(problem)?.detail) ?? error?.message ?? "failed", problem, true);
  });
}
