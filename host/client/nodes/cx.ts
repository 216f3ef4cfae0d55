/** What one rendering of one tree knows. */
import type { Kid, Kids, V } from "../kit/dom.ts";
import { list, node, str, type Node } from "../kit/read.ts";
import type { late } from "./late.ts";
import type * as look from "../kit/look.ts";
import type { theme } from "./boxes.ts";
import type { words } from "./words.ts";

/** Levels of nodes that are shown, and nodes, options and cells; the same as on the server. */
const MAX_DEPTH = 64;
const MAX_NODES = 10_000;

/** What a node asks the widget to do. `scope`: the form it stands in, 0 for none. */
export interface Ask {
  action: unknown;
  source: Element;
  scope: number;
  /** Whether a form is submitted, and not merely changed. */
  submits?: boolean;
  /** Whether a card is confirmed. */
  confirms?: boolean;
}

export type Shown = Kid | Kid[] | undefined;
/** What can be shown, by type. */
export type Show = Record<string, (n: Node, cx: Cx) => Shown>;

/** What the widget gives to a rendering of its tree. */
export interface Surroundings {
  tree: Node;
  /** The address that relative ones begin at. */
  base: string;
  /** Names the widget for assistive technology. */
  title: string;
  ask(ask: Ask): void;
  /** Our own words in the reader's language. */
  t(words: string): string;
  /** What is wrong in fields, by scope and name. */
  faults: ReadonlyMap<string, string>;
  show: Show;
  /** For parts that come later: the one style sheet is here. */
  look: typeof look;
  words: typeof words;
  theme: typeof theme;
  late: typeof late;
}

export class Cx {
  scope = 0;
  titled = false;
  inList = false;
  private left = MAX_NODES;
  private depth = MAX_DEPTH;
  private count = 0;

  constructor(readonly at: Surroundings) {}

  id(): string {
    return `i${++this.count}`;
  }

  /** Counts one more node, option or cell; `false` when no more may be shown. */
  spend(): boolean {
    return --this.left > 0;
  }

  node(value: unknown): Shown {
    const n = node(value);
    if (!n || !this.spend() || !this.depth) return;
    this.depth--;
    const type = str(n.type) ?? "";
    const shown = Object.hasOwn(this.at.show, type) ? this.at.show[type]!(n, this) : this.kids(n);
    this.depth++;
    if (node(shown)) (shown as V).k ??= str(n.key) ?? str(n.id);
    return shown;
  }

  kids(n: Node): Kid[] {
    return list(n.children).flatMap((kid) => this.node(kid) ?? []);
  }

  icon(name: unknown, look?: string): V | undefined {
    return this.at.late.icon?.(name, look);
  }

  form(look: string | undefined, action: unknown, inside: () => Kids): Kids {
    return this.at.late.form?.(this, look, action, inside) ?? inside();
  }
}
