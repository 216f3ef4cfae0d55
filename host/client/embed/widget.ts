/** The widget part: shows one widget in an element's shadow root and keeps it true. */
import { h, render, type Kid, type V } from "../kit/dom.ts";
import { classes } from "../kit/classes.ts";
import * as look from "../kit/look.ts";
import { node, str, type Node } from "../kit/read.ts";
import { theme } from "../nodes/boxes.ts";
import { show } from "../nodes/index.ts";
import { late } from "../nodes/late.ts";
import { words } from "../nodes/words.ts";
import { Cx, type Ask } from "../nodes/cx.ts";
import type { Actions } from "../parts/actions.ts";
import type { Host, Live, Shows } from "./host.ts";

declare const STYLE: string;

/** A line below the widget that says what went wrong. */
export interface Notice {
  words: string;
  detail?: string;
  retry?: () => unknown;
}

const sheetOf = (css: string): CSSStyleSheet => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
};
const sheets = [sheetOf(STYLE)];
const RTL = /^(ar|dv|fa|he|ks|ps|sd|ug|ur|yi)\b/i;

export class Widget implements Live {
  tree: Node | undefined;
  faults: ReadonlyMap<string, string> = new Map();
  notice: Notice | undefined;
  params: URLSearchParams;
  /** What an action showed that stands nowhere else on the page. */
  extra: HTMLElement | undefined;
  /** Whether the tree was given, and is not the host's answer to a name. */
  pinned: boolean;
  private own = new CSSStyleSheet();
  private acts: Actions | undefined;
  /** Counts what was shown, so that an answer which comes late is not shown over a newer one. */
  private turn = 0;

  constructor(readonly element: HTMLElement, readonly shadow: ShadowRoot, readonly host: Host, tree: unknown, asked?: Promise<unknown>) {
    host.live.add(this);
    this.params = this.given();
    this.pinned = !!node(tree);
    this.update();
    // Our own words are needed also where no answer comes.
    host.needs(0, this.option("locale"))?.then(() => this.draw(), () => {});
    if (tree) this.show(tree);
    if (!this.pinned) void this.refresh(asked).then(() => this.emit("ready", {}));
  }

  get name(): string {
    return this.option("widget") ?? this.element.getAttribute("name") ?? "";
  }

  get key(): string | undefined {
    return str(this.tree?.key) ?? str(this.tree?.id) ?? this.name;
  }

  get root(): HTMLElement | null {
    return this.shadow.querySelector(".iw-root");
  }

  option(name: string): string | null {
    return this.element.getAttribute("data-" + name);
  }

  private given(): URLSearchParams {
    return new URLSearchParams(this.option("params") ?? "");
  }

  private primary = "";
  private shown = "";
  update(): void {
    const colour = this.option("primary-color") ?? "";
    if (colour != this.primary) {
      this.primary = colour;
      void this.host.part("looks").then((part) => this.own.replaceSync(part.primary(colour)));
    }
    const now = `${this.name}?${this.option("params") ?? ""}`;
    const changed = this.shown && this.shown != now;
    this.shown = now;
    this.draw();
    if (!changed || this.pinned) return;
    this.params = this.given();
    void this.refresh();
  }

  stop(): void {
    this.turn = NaN;
    this.host.live.delete(this);
    this.extra?.remove();
    render(this.shadow, []);
    this.shadow.adoptedStyleSheets = [];
  }

  emit(type: string, detail: object, cancelable = false): boolean {
    const event = new CustomEvent(`inlay:${type}`, { bubbles: true, composed: true, cancelable, detail: { widget: this.name, ...detail } });
    return this.element.dispatchEvent(event);
  }

  /** Shows a tree: of the host, of an action's answer, or of the page. What it needs and is not here comes first. */
  show(tree: unknown): void | Promise<void> {
    const turn = ++this.turn;
    const put = (): void => {
      if (turn != this.turn) return;
      this.tree = node(tree) ?? this.tree;
      this.faults = new Map();
      this.draw();
    };
    // Without a part the rest is shown all the same.
    return this.host.needs(tree, this.option("locale"))?.catch((error: unknown) => this.emit("error", { error })).then(put) ?? put();
  }

  private async ask(ask: Ask): Promise<void> {
    try {
      const { Actions } = await this.host.part("actions");
      (this.acts ??= new Actions(this)).ask(ask);
    } catch {
      this.say({ words: "That did not get through.", detail: OFFLINE, retry: () => this.ask(ask) });
    }
  }

  /** `asked`: what is on its way already. */
  async refresh(asked?: Promise<unknown>): Promise<void> {
    if (this.pinned || !this.name) return;
    const turn = ++this.turn;
    this.root?.setAttribute("aria-busy", "true");
    try {
      const tree = await (asked ?? this.host.get(this.name, String(this.params), this.option("locale")));
      if (turn != this.turn) return;
      this.notice = undefined;
      await this.show(tree);
    } catch (error) {
      if (turn != this.turn) return;
      const words = this.tree ? "This could not be brought up to date." : "This widget could not be loaded.";
      this.say({ words, detail: (error as Error).name == "Error" ? (error as Error).message : OFFLINE, retry: () => this.refresh() });
      this.emit("error", { error });
    } finally {
      this.root?.removeAttribute("aria-busy");
    }
  }

  /** Our own words in the reader's language. */
  t = (words: string): string => late.say?.(words, this.option("locale")) ?? words;

  say(notice: Notice | undefined): void {
    this.notice = notice;
    this.draw();
  }

  /** Makes the shadow root like what is known. What held the focus keeps it, or the widget itself takes it. */
  draw(): void {
    if (!(this.turn >= 0)) return;
    const had = this.shadow.activeElement;
    const locale = this.option("locale");
    const root = h(
      "div",
      {
        class: classes("iw-root", { light: "on-light", dark: "on-dark" }[this.option("theme") ?? ""]),
        lang: locale,
        dir: this.option("dir") ?? (locale && RTL.test(locale) ? "rtl" : undefined),
        tabindex: -1,
      },
      this.tree ? this.drawTree(this.tree) : !this.notice && skeleton(this.t("Loading")),
      this.notice && this.drawNotice(this.notice),
      h("div", { class: "iw-extra" }),
      h("p", { class: "iw-unseen", role: "status", key: "said" }),
    );
    this.shadow.adoptedStyleSheets = [...sheets, look.atoms, this.own];
    render(this.shadow, [root]);
    if (had && !this.shadow.activeElement) (this.shadow.querySelector<HTMLElement>("[data-focus]") ?? this.root)?.focus({ preventScroll: true });
  }

  private drawTree(tree: Node): Kid | Kid[] | undefined {
    const title = this.option("title") ?? this.name.replace(/-/g, " ");
    const { faults, host: { base } } = this;
    return new Cx({ t: this.t, tree, base, title, faults, show, look, late, theme, words, ask: (ask) => void this.ask(ask) }).node(tree);
  }

  private drawNotice({ words, detail, retry }: Notice): V {
    return h(
      "div",
      { class: "iw iw-alert", role: "alert", key: "notice" },
      h("p", null, h("strong", null, this.t(words)), detail && ` ${this.t(detail)}`),
      retry && h("button", { class: "iw-btn bv-outline cz-sm", type: "button", onclick: () => retry() }, h("span", null, this.t("Try again"))),
    );
  }
}

const skeleton = (words: string): V =>
  h("div", { class: "iw iw-card iw-wait", role: "status", key: "wait" }, h("span", { class: "iw-unseen" }, words));

const OFFLINE = "Please check your connection.";
/** Adds what a part brings to what can be shown. */
export function join(part: Shows): void {
  Object.assign(show, part.show);
  Object.assign(late, part.late);
  if (part.style) sheets.push(sheetOf(part.style));
}

export const mount = (element: HTMLElement, shadow: ShadowRoot, host: Host, tree?: unknown, asked?: Promise<unknown>): Live =>
  new Widget(element, shadow, host, tree, asked);
