/** What the playground asks of its host. */
import type { Node } from "../kit/read.ts";

export interface Listed {
  name: string;
  title: string;
  description: string;
  plugin: string | null;
  source: string | null;
  local: boolean;
}

export interface Finding {
  part: string;
  pointer: string;
  line: number | null;
  message: string;
}

export interface Trial {
  tree: Node | null;
  figures: { bytes: number; nodes: number; depth: number } | null;
  findings: Finding[];
  warnings: { pointer: string; message: string }[];
  render_us: number;
}

/** A `.widget` file, as far as it is looked at here. */
export interface WidgetFile {
  version: string;
  name: string;
  template: string;
  jsonSchema?: unknown;
  inlay?: Node;
  [other: string]: unknown;
}

/** Longest wait for an answer. */
const PATIENCE_MS = 30_000;

/** Rejects with the host's own words. */
export async function ask<T>(path: string, body?: unknown): Promise<T> {
  const init: RequestInit = body === undefined ? {} : { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  const response = await fetch(path, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
  const answer = (await response.json()) as T & { detail?: string };
  if (!response.ok) throw new Error(answer.detail ?? `The host answered ${response.status}`);
  return answer;
}

export const list = (): Promise<{ dev: boolean; widgets: Listed[] }> => ask("/api/playground/widgets");
export const file = (name: string): Promise<WidgetFile> => ask(`/api/playground/widgets/${encodeURIComponent(name)}`);
export const data = (query: string, params: Node): Promise<unknown> => {
  const all = Object.entries(params).map(([name, value]): [string, string] => [name, String(value)]);
  return ask(`/api/data/${encodeURIComponent(query)}?${new URLSearchParams(all)}`);
};
