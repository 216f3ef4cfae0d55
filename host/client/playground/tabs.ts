/** Tabs as the ARIA practices have them: one tab stop, arrows between them. */
import { h, type Kids, type V } from "../kit/dom.ts";

export interface Tab {
  id: string;
  label: Kids;
}

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export function tabs(name: string, label: string, all: Tab[], chosen: string, choose: (id: string) => void): V {
  const onkeydown = (event: Event): void => {
    const { key } = event as KeyboardEvent;
    const at = all.findIndex((tab) => tab.id == chosen);
    const to = key == "Home" ? 0 : key == "End" ? all.length - 1 : key in STEPS ? (at + STEPS[key]! + all.length) % all.length : -1;
    const next = all[to];
    if (!next) return;
    event.preventDefault();
    choose(next.id);
    document.getElementById(`${name}-${next.id}`)?.focus();
  };
  return h(
    "div",
    { class: "pg-tabs", role: "tablist", "aria-label": label, onkeydown },
    all.map((tab) =>
      h(
        "button",
        {
          key: tab.id, id: `${name}-${tab.id}`, type: "button", role: "tab", "aria-selected": String(tab.id == chosen), "aria-controls": `${name}-panel`,
          tabindex: tab.id == chosen ? 0 : -1, onclick: () => choose(tab.id),
        },
        tab.label,
      ),
    ),
  );
}

export const panel = (name: string, chosen: string, ...kids: Kids[]): V =>
  h("div", { id: `${name}-panel`, class: `pg-panel pg-${name}`, role: "tabpanel", "aria-labelledby": `${name}-${chosen}`, tabindex: 0 }, kids);
