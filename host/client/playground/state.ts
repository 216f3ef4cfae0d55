/** What the playground knows, and how it becomes known. */
import { node, type Node } from "../kit/read.ts";
import { ask, data, file, list, type Finding, type Listed, type Trial, type WidgetFile } from "./api.ts";
import { changed, type Now } from "./watch.ts";

export const PARTS = ["template", "schema", "data"] as const;
export type Part = (typeof PARTS)[number];
export type Texts = Record<Part, string>;

/** One thing that happened in a preview. */
export interface Entry {
  id: number;
  at: string;
  name: string;
  sent: unknown;
  /** How it went: "waiting", or what came of it. */
  how: string;
  bad?: boolean;
  answer?: unknown;
  began: number;
  ms?: number;
}

/** Pause in typing after which a draft is tried out, in ms. */
const PAUSE_MS = 120;
const MOST_ENTRIES = 100;

const pretty = (value: unknown): string => (value === undefined ? "" : JSON.stringify(value, null, 2));
const textsOf = (file: WidgetFile): Texts => ({ template: file.template, schema: pretty(file.jsonSchema), data: pretty(file.inlay?.sample ?? {}) });

/** Where JSON breaks, as browsers say it: by line, or by position. */
function lineOf(text: string, message: string): number | null {
  const [, line] = /line (\d+)/.exec(message) ?? [];
  const [, position] = /position (\d+)/.exec(message) ?? [];
  return line ? +line : position ? text.slice(0, +position).split("\n").length : null;
}

export class State {
  dev = false;
  listed: Listed[] = [];
  name = "";
  file: WidgetFile | undefined;
  texts: Texts = { template: "", schema: "", data: "" };
  /** As the host has them. */
  saved: Texts = this.texts;
  tab: Part = "template";
  view = "light";
  panel = "findings";
  sample = "sample";
  sends = true;
  trial: Trial | undefined;
  /** The last tree that could be shown. */
  tree: Node | undefined;
  findings: Finding[] = [];
  log: Entry[] = [];
  now: Now | undefined;
  /** The host has a newer file than the one that is being edited. */
  newer = false;
  failure = "";
  private turn = 0;
  private pause: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly draw: () => void) {}

  get listing(): Listed | undefined {
    return this.listed.find((one) => one.name == this.name);
  }

  get dirty(): boolean {
    return PARTS.some((part) => this.texts[part] != this.saved[part]);
  }

  /** Does something that may fail, and says so where it does. */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.failure = "";
    } catch (error) {
      this.failure = (error as Error).name == "Error" ? (error as Error).message : "The host does not answer. Is it still running?";
    }
    this.draw();
  }

  begin(): Promise<void> {
    return this.attempt(async () => {
      await this.relist();
      const wanted = decodeURIComponent(location.hash.slice(1));
      const first = this.listed.find((one) => one.name == wanted) ?? this.listed.find((one) => one.local) ?? this.listed[0];
      if (first) await this.open(first.name);
    });
  }

  private async relist(): Promise<void> {
    const { dev, widgets } = await list();
    this.dev = dev;
    this.listed = widgets;
  }

  choose(name: string): Promise<void> {
    return this.attempt(() => this.open(name));
  }

  private async open(name: string): Promise<void> {
    const found = await file(name);
    if (name != this.name) {
      this.tree = undefined;
      this.log = [];
    }
    this.name = name;
    this.file = found;
    this.texts = { ...(this.saved = textsOf(found)) };
    this.sample = "sample";
    this.newer = false;
    history.replaceState(null, "", `#${encodeURIComponent(name)}`);
    await this.tryOut();
  }

  /** Somebody types. */
  write(part: Part, text: string): void {
    this.texts[part] = text;
    clearTimeout(this.pause);
    this.pause = setTimeout(() => void this.attempt(() => this.tryOut()), PAUSE_MS);
  }

  /** Named samples of the file, and what the widget's query says now. */
  pick(sample: string): Promise<void> {
    this.sample = sample;
    return this.attempt(async () => {
      const { inlay } = this.file ?? {};
      const source = this.listing?.source;
      if (sample == "live" && source) this.texts.data = pretty(await data(source, node(inlay?.input) ?? {}));
      else this.texts.data = pretty(sample == "sample" ? (inlay?.sample ?? {}) : node(inlay?.samples)?.[sample]);
      await this.tryOut();
    });
  }

  private read(part: Part, absent: unknown): unknown {
    const text = this.texts[part];
    if (!text.trim()) return absent;
    try {
      return JSON.parse(text);
    } catch (error) {
      const { message } = error as Error;
      this.findings.push({ part, pointer: "", line: lineOf(text, message), message: `it is not JSON: ${message}` });
      return absent;
    }
  }

  /** Asks the host what comes of the draft. An answer that is late by now is passed over. */
  private async tryOut(): Promise<void> {
    const turn = ++this.turn;
    this.findings = [];
    const [schema, input] = [this.read("schema", null), this.read("data", {})];
    const broken = this.findings;
    const trial = await ask<Trial>("/api/playground/render", { name: this.name, template: this.texts.template, schema, data: input });
    if (turn != this.turn) return;
    this.trial = trial;
    this.findings = [...broken, ...trial.findings];
    if (trial.tree) this.tree = trial.tree;
  }

  /** The folder that is worked on has changed, or a plugin has. */
  heard(now: Now, before: Now | undefined): void {
    this.now = now;
    const widgets = changed(before?.widgets ?? {}, now.widgets);
    const plugins = before ? changed(before.plugins, now.plugins) : [];
    for (const name of plugins) this.note({ name, sent: undefined, how: "the plugin is in force" });
    void this.attempt(async () => {
      if (widgets.length || plugins.length || !before) await this.relist();
      if (widgets.includes(this.name) && before) {
        if (this.dirty && this.sample == "sample") this.newer = true;
        else await this.open(this.name);
      } else if (plugins.length && this.sample == "live") {
        await this.pick("live");
      }
    });
  }

  note(entry: Pick<Entry, "name" | "sent" | "how" | "bad">): Entry {
    const noted = { ...entry, id: (this.log[0]?.id ?? 0) + 1, at: new Date().toLocaleTimeString(), began: performance.now() };
    this.log = [noted, ...this.log].slice(0, MOST_ENTRIES);
    return noted;
  }

  /** The file with what was changed in it. Throws where schema or data are no JSON. */
  edited(): WidgetFile {
    const { template, schema, data: sample } = this.texts;
    const whole: WidgetFile = { ...(this.file ?? { version: "1.0", name: this.name }), template };
    if (schema.trim()) whole.jsonSchema = JSON.parse(schema);
    else delete whole.jsonSchema;
    return { ...whole, inlay: { ...whole.inlay, sample: JSON.parse(sample || "{}") } };
  }
}
