/** What stands below the preview: findings, tree, actions, embed code. */
import { h, type Kids, type V } from "../kit/dom.ts";
import { nodes, text, type Node } from "../kit/read.ts";
import type { Finding } from "./api.ts";
import { go } from "./editor.ts";
import type { State } from "./state.ts";
import { panel, tabs } from "./tabs.ts";

const json = (value: unknown): string => JSON.stringify(value, null, 2) ?? "";

export function panels(state: State, draw: () => void): V {
  const count = (many: number): Kids => many > 0 && h("span", { class: "pg-count" }, String(many));
  const all = [
    { id: "findings", label: ["Findings", count(state.findings.length)] },
    { id: "tree", label: "Tree" },
    { id: "actions", label: ["Actions", state.log.length > 0 && h("span", { class: "pg-count pg-calm" }, String(state.log.length))] },
    { id: "embed", label: "Embed" },
  ];
  const choose = (id: string): void => {
    state.panel = id;
    draw();
  };
  const inside = { findings, tree, actions, embed }[state.panel] ?? findings;
  return h("section", { class: "pg-more", "aria-label": "About this widget", key: "more" }, tabs("more", "About this widget", all, state.panel, choose), panel("more", state.panel, inside(state, draw)));
}

function findings(state: State, draw: () => void): Kids {
  const { trial } = state;
  const line = (one: Finding): V => {
    const place = one.line ? `${one.part}, line ${one.line}` : `${one.part}${one.pointer && ` ${one.pointer}`}`;
    return h("li", null, h("button", { class: "pg-link", type: "button", onclick: () => go(state, draw, one) }, place), ` ${one.message}`);
  };
  const { figures } = trial ?? {};
  const figure = (name: string, value: string): V => h("div", null, h("dt", null, name), h("dd", null, value));
  return [
    state.findings.length ? h("ul", { class: "pg-list pg-bad-list" }, state.findings.map(line)) : h("p", { class: "pg-fine" }, "Nothing is wrong."),
    trial && trial.warnings.length > 0 && h("ul", { class: "pg-list" }, trial.warnings.map((one) => h("li", null, `It has ${one.message}`))),
    figures && h("dl", { class: "pg-figures" }, figure("Size", `${figures.bytes.toLocaleString()} bytes`), figure("Nodes", String(figures.nodes)), figure("Depth", String(figures.depth)), figure("Rendered in", `${((trial?.render_us ?? 0) / 1000).toFixed(2)} ms`)),
  ];
}

const short = (n: Node): string => text(n.value ?? n.label ?? n.name ?? n.alt ?? n.key).slice(0, 60);

/** Opened two levels deep at first; what was opened since is the browser's. */
function branch(n: Node, at: string, depth: number): V {
  const kids = nodes(n.children);
  const props = Object.entries(n).filter(([name]) => name != "type" && name != "children");
  return h(
    "li",
    { key: at },
    h(
      "details",
      { open: depth < 2 },
      h("summary", null, h("strong", null, text(n.type)), " ", h("span", { class: "pg-soft" }, short(n))),
      props.length > 0 && h("dl", { class: "pg-props" }, props.flatMap(([name, value]) => [h("dt", null, name), h("dd", null, typeof value == "string" ? value : JSON.stringify(value))])),
      kids.length > 0 && h("ul", null, kids.map((kid, index) => branch(kid, `${at}/${index}`, depth + 1))),
    ),
  );
}

const tree = (state: State): Kids => (state.tree ? h("ul", { class: "pg-tree" }, branch(state.tree, "", 0)) : h("p", null, "There is no tree yet."));

function actions(state: State, draw: () => void): Kids {
  const onchange = (event: Event): void => {
    state.sends = (event.currentTarget as HTMLInputElement).checked;
  };
  const clear = (): void => {
    state.log = [];
    draw();
  };
  return [
    h("div", { class: "pg-bar", key: "bar" },
      h("label", null, h("input", { type: "checkbox", checked: true, onchange }), " Send actions to their plugins"),
      state.log.length > 0 && h("button", { class: "pg-button", type: "button", onclick: clear }, "Clear")),
    !state.log.length && h("p", { key: "none" }, "Use the widget above: what it asks for, and what its plugin answers, is written down here."),
    h("ol", { class: "pg-log", key: "log" }, state.log.map((entry) =>
      h("li", { key: entry.id, class: entry.bad && "pg-bad-entry" },
        h("details", null,
          h("summary", null, h("strong", null, entry.name), ` ${entry.how}`, h("span", { class: "pg-soft" }, ` ${entry.at}${entry.ms === undefined ? "" : `, ${entry.ms} ms`}`)),
          entry.sent !== undefined && h("pre", { tabindex: 0, "aria-label": "What was sent" }, json(entry.sent)),
          entry.answer !== undefined && h("pre", { tabindex: 0, "aria-label": "The answer" }, json(entry.answer)))))),
  ];
}

export const embedCode = (name: string): string => `<script async src="${location.origin}/static/widget.js" data-widget="${name}"></script>`;

function embed(state: State): Kids {
  const element = `<script async src="${location.origin}/static/widget.js"></script>\n<inlay-widget name="${state.name}"></inlay-widget>`;
  return [
    h("p", null, "On any page, where the widget is to stand:"),
    h("pre", { tabindex: 0, "aria-label": "Embed code" }, embedCode(state.name)),
    h("p", null, "Or as an element:"),
    h("pre", { tabindex: 0, "aria-label": "Embed code as an element" }, element),
    h("p", null, "A page of another origin is to be listed in ", h("code", null, "server.cors_origins"), ". As a page without JavaScript: ", h("a", { href: `/api/widget/${encodeURIComponent(state.name)}` }, `/api/widget/${state.name}`)),
  ];
}
