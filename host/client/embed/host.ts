/** One Inlay host as a page sees it: its address, who the visitor is to it, and the widgets of it that are shown. */
import type { Show } from "../nodes/cx.ts";
import type { late } from "../nodes/late.ts";

/** A part that can show more. */
export interface Shows {
  style?: string;
  show?: Show;
  late?: Partial<typeof late>;
}

export interface Parts {
  widgets: typeof import("./widget.ts");
  actions: typeof import("../parts/actions.ts");
  forms: Shows;
  text: Shows;
  chart: Shows;
  lists: Shows;
  looks: Shows & { primary(value: string): string };
  icons: Shows;
  words: Shows;
  combo: Shows;
}

/** Parts that add to what can be shown. */
export type Later = Exclude<keyof Parts, "widgets" | "actions">;

/** What the loader hands to the widget part, which comes later and from the same host. */
export interface Host {
  /** Ends in a slash; relative addresses of widgets begin here. */
  base: string;
  /** Asks the host as this visitor. Rejects where no answer comes. */
  call(path: string, locale: string | null, init?: RequestInit): Promise<Response>;
  /** Asks for a widget, and begins to bring what it needs. Rejects with the host's words where there is none. */
  get(name: string, query: string, locale: string | null): Promise<unknown>;
  /** Brings what a tree needs; `undefined` where all of it is here. */
  needs(tree: unknown, locale: string | null): Promise<unknown> | undefined;
  live: Set<Live>;
  /** A further part of the client, brought when it is first needed. Rejects where it does not come. */
  part<Name extends keyof Parts>(name: Name): Promise<Parts[Name]>;
}

/** A widget that is shown. */
export interface Live {
  readonly name: string;
  readonly key: string | undefined;
  /** The options of its element have changed. */
  update(): void;
  refresh(): Promise<void>;
  show(tree: unknown): void;
  stop(): void;
}

/** Longest wait for an answer. */
const PATIENCE_MS = 30_000;
const VISITOR = "X-Inlay-Visitor";

/**
 * What shows that a tree needs a further part, in its JSON and the reader's language in the line below it. A text that
 * looks like it brings one too many.
 */
const NEEDS: [Later, RegExp][] = [
  ["forms", /"type":"(Form|Label|Input|Textarea|Select|RadioGroup|Checkbox|DatePicker)"|"editable":\{|"asForm":true/],
  ["lists", /"type":"ListView|"status":\{|"collapsed":true/],
  ["looks", /"type":"(Image|Badge)"|"border":|"(color|background|light|dark)":"(?!(surface|prose|primary|emphasis|secondary|tertiary|success|warning|danger|info|discovery|default|subtle|strong)[-"])/],
  ["text", /"type":"(Markdown|Table)"/],
  ["chart", /"type":"Chart"/],
  ["icons", /"icon(Start|End)?":"|"type":"Icon"/],
  ["combo", /"searchable":true/],
  ["words", /\n(?!en)/i],
];

export function connect(base: string, part: Host["part"]): Host {
  const slot = `inlay:visitor:${base}`;
  let memory = "";
  // The page may forbid storage; then the visitor is the same until the page goes.
  const read = (): string => {
    try {
      return localStorage.getItem(slot) ?? memory;
    } catch {
      return memory;
    }
  };
  const keep = (proof: string): void => {
    memory = proof;
    try {
      localStorage.setItem(slot, proof);
    } catch {}
  };
  const strangers = new Set<Promise<unknown>>();

  const here = new Set<Later>();
  const host: Host = {
    base,
    live: new Set(),
    part,
    needs(tree, locale) {
      const json = `${JSON.stringify(tree)}\n${locale ?? navigator.language}`;
      const missing = NEEDS.filter(([name, sign]) => !here.has(name) && sign.test(json));
      if (!missing.length) return;
      return Promise.all(missing.map(async ([name]) => {
        const [{ join }, brought] = await Promise.all([part("widgets"), part(name)]);
        if (!here.has(name)) join(brought);
        here.add(name);
      }));
    },
    async get(name, query, locale) {
      const response = await host.call(`api/widget/${encodeURIComponent(name)}${query && `?${query}`}`, locale);
      const answer = await response.json();
      if (!response.ok) throw new Error(String(answer?.detail ?? response.status));
      // Whether they come is looked at when the widget is shown.
      host.needs(answer, locale)?.catch(() => {});
      return answer;
    },
    async call(path, locale, init) {
      // Who is not known yet becomes known by the first answer. An action must not make a second person of them, so it
      // waits for what is under way, and whatever comes while it is under way waits for it.
      while (!read() && strangers.size && (init?.method || [...strangers].some((one) => acting.has(one)))) {
        await Promise.allSettled(strangers);
      }
      const proof = read();
      const headers = new Headers(init?.headers);
      headers.set("Accept", "application/json");
      if (locale) headers.set("Accept-Language", locale);
      if (proof) headers.set(VISITOR, proof);
      const asked = fetch(base + path, { ...init, headers, signal: AbortSignal.timeout(PATIENCE_MS) }).then((response) => {
        const given = response.headers.get(VISITOR);
        if (given && given != proof && read() == proof) keep(given);
        return response;
      });
      if (!proof) {
        strangers.add(asked);
        if (init?.method) acting.add(asked);
        const done = () => strangers.delete(asked);
        asked.then(done, done);
      }
      return asked;
    },
  };
  return host;
}

const acting = new WeakSet<Promise<unknown>>();
