/** What development mode says: the host's `/api/dev/events`. */

export interface Trouble {
  path: string;
  kind: string;
  title: string;
  text: string;
  line: number | null;
}

export interface Now {
  host: string;
  turn: number;
  widgets: Record<string, number>;
  plugins: Record<string, number>;
  building: string[];
  troubles: Trouble[];
}

/** The names whose turn is not what it was. */
export const changed = (before: Record<string, number>, now: Record<string, number>): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => before[name] != now[name]);

/**
 * Calls back with each state and the one before, which after a restart of the host is as if there had been none: then
 * everything counts as changed. The browser connects again by itself.
 */
export function watch(base: string, heard: (now: Now, before: Now | undefined) => void): void {
  let before: Now | undefined;
  const source = new EventSource(`${base}api/dev/events`);
  source.addEventListener("now", (event) => {
    const now = JSON.parse((event as MessageEvent<string>).data) as Now;
    heard(now, before?.host == now.host ? before : undefined);
    before = now;
  });
}
