/**
 * `/static/widget.js`: finds where widgets are wanted, and brings them.
 *
 * Wanted are `<inlay-widget name="products">` and `<script src="…/static/widget.js" data-widget="products">`, which gets
 * such an element behind it. All else comes with the widget part, when the first element stands in the page.
 */
import { connect, type Host, type Live, type Parts } from "./host.ts";

/** Each part's file, by name. */
declare const PARTS: Record<keyof Parts, string>;

const TAG = "inlay-widget";
const PATH = /static\/widget\.js([?#]|$)/;
const OPTIONS = ["name", "data-widget", "data-params", "data-theme", "data-primary-color", "data-locale", "data-dir"];

const hosts = new Map<string, Host>();
const placed = new WeakSet<Element>();
/** Of the host that this script came from. */
const home = (document.currentScript as HTMLScriptElement | null)?.src ?? "";

const baseOf = (src: string): string => src.replace(/static\/widget\.js.*/s, "");

function hostOf(base: string): Host {
  let host = hosts.get(base);
  if (!host) {
    // What did not come is asked for again: the same address would not be, in this page.
    let tries = 0;
    const brought: Record<string, Promise<unknown>> = {};
    const part = (name: keyof Parts) =>
      (brought[name] ??= import(`${base}static/${PARTS[name]}${tries ? `#${tries}` : ""}`).catch((error: unknown) => {
        delete brought[name];
        tries++;
        throw error;
      }));
    hosts.set(base, (host = connect(base, part as Host["part"])));
  }
  return host;
}

class InlayWidget extends HTMLElement {
  static observedAttributes = OPTIONS;
  #live: Live | undefined;
  #tree: unknown;

  connectedCallback(): void {
    if (!this.#live) void this.#begin();
  }

  /** An element that is only moved is back at once, and goes on. */
  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#live?.stop();
      this.#live = undefined;
    });
  }

  attributeChangedCallback(): void {
    this.#live?.update();
  }

  async #begin(): Promise<void> {
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const host = hostOf(this.dataset.host ?? first());
    const name = this.dataset.widget ?? this.getAttribute("name");
    // The widget is on its way while the part that shows it is.
    const asked = this.#tree || !name ? undefined : host.get(name, String(new URLSearchParams(this.dataset.params)), this.dataset.locale ?? null);
    asked?.catch(() => {});
    try {
      const { mount } = await host.part("widgets");
      if (!this.isConnected || this.#live) return;
      this.#live = mount(this, shadow, host, this.#tree, asked);
    } catch (error) {
      // What stands inside the element, such as a link to the widget's own page, is shown instead.
      shadow.append(document.createElement("slot"));
      this.dispatchEvent(new CustomEvent("inlay:error", { bubbles: true, composed: true, detail: { error } }));
      console.error("Inlay: the widget part did not load", error);
    }
  }

  /** Asks the host for the widget again. */
  async refresh(): Promise<void> {
    await this.#live?.refresh();
  }

  /** Shows this tree, whatever the host has. */
  show(tree: unknown): void {
    this.#tree = tree;
    this.#live?.show(tree);
  }
}

const scripts = (): HTMLScriptElement[] => [...document.querySelectorAll<HTMLScriptElement>("script[src]")].filter((one) => PATH.test(one.src));
const first = (): string => baseOf(home || (scripts()[0]?.src ?? ""));

/** Puts an element behind each script of ours that names a widget. */
function place(): void {
  for (const script of scripts()) {
    if (!script.dataset.widget || placed.has(script)) continue;
    placed.add(script);
    const element = document.createElement(TAG);
    for (const { name, value } of script.attributes) {
      if (name.startsWith("data-")) element.setAttribute(name, value);
    }
    element.dataset.host ??= baseOf(script.src);
    const put = (): void => (document.head.contains(script) ? document.body.append(element) : script.after(element));
    if (document.body) put();
    else addEventListener("DOMContentLoaded", put, { once: true });
  }
}

// A second copy only looks for what was added since.
const known = customElements.get(TAG) as (typeof InlayWidget & { place?: () => void }) | undefined;
if (!known) customElements.define(TAG, Object.assign(InlayWidget, { place }));
(known?.place ?? place)();
