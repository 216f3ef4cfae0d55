/** Actions: what a person does in a widget, sent once, and what comes of it. */
import { node, nodes, str, text, type Node } from "../kit/read.ts";
import type { Ask } from "../nodes/cx.ts";
import { meet } from "./meet.ts";
import { reset, values, type Values } from "./values.ts";
import type { Host } from "../embed/host.ts";
import type { Widget } from "../embed/widget.ts";

/** An action on its way. A retry of the same intent carries the same key, so that it acts once. */
interface Intent {
  body: string;
  key: string;
  ask: Ask;
  name: string;
}

/** "Show this widget again with the payload as its parameters." */
const SHOW = "widget.show";

/** `crypto.randomUUID` is for secure pages alone. */
const fresh = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** A visitor's actions reach a host in the order in which they were meant, so that no older answer comes last. */
const queues = new WeakMap<Host, Promise<unknown>>();

export class Actions {
  /** What was sent and may or may not have arrived. */
  private failed: Intent | undefined;

  constructor(private readonly widget: Widget) {}

  ask(ask: Ask): void {
    const action = node(ask.action);
    const type = str(action?.type);
    const { widget } = this;
    if (!action || !type || ask.source.closest("[aria-busy=true]")) return;
    const form = values(ask.source);
    const payload = node(action.payload) ?? {};
    if (action.handler == "client" && type == SHOW) return this.showAgain(payload, form);
    const detail = { action: { type, payload: action.payload }, form: { ...form }, handler: action.handler == "client" ? "client" : "server" };
    if (!widget.emit("action", detail, true) || action.handler == "client") return;
    const body = JSON.stringify({ type: "custom", name: type, parameters: payload, formData: form });
    const again = this.failed?.body == body ? this.failed : undefined;
    void this.send({ body, key: again?.key ?? fresh(), ask, name: type });
  }

  private showAgain(payload: Node, form: Values): void {
    const all = Object.entries({ ...payload, ...form }).map(([name, value]) => [name, text(value)] as [string, string]);
    this.widget.params = new URLSearchParams(all.filter(([name, value]) => value && !/^inlay-/.test(name)));
    void this.widget.refresh();
  }

  private async send(intent: Intent): Promise<void> {
    const { widget } = this;
    const { host } = widget;
    const quiet = this.mark(intent.ask);
    this.failed = undefined;
    widget.notice = undefined;
    widget.faults = new Map();
    widget.draw();
    const turn = (queues.get(host) ?? Promise.resolve()).then(() => this.post(intent));
    queues.set(host, turn);
    await turn;
    quiet();
  }

  /** Shows what is busy. It stays focusable: a button that is disabled loses the focus. */
  private mark({ source, action, submits, confirms }: Ask): () => void {
    const how = str(node(action)?.loadingBehavior) ?? "auto";
    const isButton = source instanceof HTMLButtonElement;
    const whole = how == "container" || (how == "auto" && confirms);
    const busy = how == "none" || (how == "auto" && !isButton && !submits) ? null : whole ? this.widget.root : source;
    for (const name of ["aria-busy", "aria-disabled"]) busy?.setAttribute(name, "true");
    return () => ["aria-busy", "aria-disabled"].forEach((name) => busy?.removeAttribute(name));
  }

  private async post(intent: Intent): Promise<void> {
    const { widget } = this;
    const retry = () => void this.send(intent);
    try {
      const response = await widget.host.call("api/widget-action", widget.option("locale"), {
        method: "POST",
        body: intent.body,
        headers: { "Content-Type": "application/json", "Idempotency-Key": intent.key },
      });
      const answer = node(await response.json()) ?? {};
      if (response.ok) return this.done(intent, answer);
      const open = response.status >= 500 || /^(408|409|425|429)$/.test(String(response.status));
      if (open) this.failed = intent;
      this.refused(intent, answer, open ? retry : undefined);
    } catch (error) {
      // It may have arrived all the same: the key makes sure that it acts once.
      this.failed = intent;
      widget.say({ words: "That did not get through.", detail: "Please check your connection.", retry });
      widget.emit("error", { error });
    }
  }

  /** Faults go to their fields; what belongs to none is said below the widget. */
  private refused({ ask }: Intent, problem: Node, retry?: () => void): void {
    const { widget } = this;
    const names = new Set([...widget.shadow.querySelectorAll<HTMLElement>("[data-name]")].map((field) => field.dataset.name));
    const faults = new Map<string, string>();
    const others: string[] = [];
    for (const fault of nodes(problem.faults).slice(0, 100)) {
      const field = text(fault.pointer).replace(/^\//, "").replace(/\//g, ".");
      if (names.has(field)) faults.set(`${ask.scope} ${field}`, text(fault.message));
      else if (text(fault.message)) others.push(`${field} ${text(fault.message)}`.trim());
    }
    widget.faults = faults;
    const lost = !faults.size || others.length > 0;
    widget.say(lost ? { words: text(problem.detail) || "That did not work.", detail: others.join("; "), retry } : undefined);
    widget.shadow.querySelector<HTMLElement>("[aria-invalid] input, [aria-invalid]")?.focus();
    widget.emit("error", { problem });
  }

  private done({ ask, name }: Intent, answer: Node): void {
    const { widget } = this;
    const form = ask.submits ? ask.source.closest("form") : null;
    let here = false;
    for (const shown of nodes(answer.widgets)) {
      const others = [...widget.host.live].filter((one) => one.name == shown.name) as Widget[];
      const fits = (one: Widget) => one.key == shown.key || one == widget || one.element == widget.extra || (!one.pinned && !one.option("params"));
      const targets = others.filter(fits);
      for (const one of others) one.notice = undefined;
      for (const one of targets) one.show(shown.mode == "close" ? CLOSED : meet(shown.mode, one.tree, shown.widget));
      for (const one of others) if (!targets.includes(one)) void one.refresh();
      if (!targets.length && shown.mode != "close") this.showBelow(str(shown.name) ?? "", shown.widget);
      here ||= targets.includes(widget);
    }
    // What the action changed may be in this widget too.
    if (!here) void widget.refresh();
    // What was sent has arrived: the form is as new, if it is still there.
    if (form?.isConnected) reset(form);
    // Tells people who do not see the widget change.
    const said = widget.shadow.querySelector("[role=status]");
    if (said) said.textContent = text(answer.message) || widget.t("Done");
    widget.emit("action.done", { action: name, answer });
  }

  /** A widget that stands nowhere on the page is shown below the one that brought it. */
  private showBelow(name: string, tree: unknown): void {
    const { widget } = this;
    const place = widget.shadow.querySelector(".iw-extra");
    const element = document.createElement("inlay-widget") as HTMLElement & { show(tree: unknown): void };
    for (const { name, value } of widget.element.attributes) {
      if (/^data-(theme|primary-color|locale|dir|host)$/.test(name)) element.setAttribute(name, value);
    }
    element.dataset.host = widget.host.base;
    element.setAttribute("name", name);
    element.show(tree);
    const close = document.createElement("button");
    close.type = "button";
    close.className = "iw-btn bv-ghost cz-sm";
    close.textContent = widget.t("Close");
    close.onclick = () => {
      place?.replaceChildren();
      widget.extra = undefined;
      widget.root?.focus({ preventScroll: true });
    };
    place?.replaceChildren(element, close);
    widget.extra = element;
    element.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }
}

/** What stands in the place of a widget that an action has closed. */
const CLOSED = { type: "Basic", children: [] };
