/**
 * `dev.js`: in development mode the loader brings it to every page with a widget. Widgets are shown anew when their file
 * or a plugin changes, and what is wrong stands at the foot of the page.
 */
import { h, render, type V } from "../kit/dom.ts";
import { changed, watch, type Now, type Trouble } from "./watch.ts";

type Element = HTMLElement & { refresh?(): Promise<void> };

const base = new URL("../", import.meta.url).href;
const host = document.createElement("div");
const shadow = host.attachShadow({ mode: "open" });
const sheet = new CSSStyleSheet();
sheet.replaceSync(
  "div{position:fixed;inset:auto 0 0;z-index:2147483647;max-height:50vh;overflow:auto;padding:12px 16px;background:#2a0f12;color:#ffe3e3;font:14px/1.45 system-ui,sans-serif}" +
    "pre{margin:6px 0 0;overflow:auto;font:12px/1.45 ui-monospace,monospace}p{margin:0 0 8px}",
);
shadow.adoptedStyleSheets = [sheet];

const line = (trouble: Trouble): V => h("p", { key: trouble.path }, h("strong", null, trouble.path), `: ${trouble.title}`, trouble.text != trouble.title && h("pre", { tabindex: 0 }, trouble.text));

watch(base, (now: Now, before: Now | undefined) => {
  if (before) {
    const widgets = changed(before.widgets, now.widgets);
    const any = changed(before.plugins, now.plugins).length > 0;
    for (const element of document.querySelectorAll<Element>("inlay-widget")) {
      if (any || widgets.includes(element.dataset.widget ?? element.getAttribute("name") ?? "")) void element.refresh?.();
    }
  }
  // The playground says it in its own place.
  const shown = document.querySelector(".pg-troubles") ? [] : now.troubles;
  render(shadow, shown.length ? [h("div", { role: "alert" }, shown.map(line))] : []);
  if (shown.length && !host.isConnected) document.body.append(host);
});
