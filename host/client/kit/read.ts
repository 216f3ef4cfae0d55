/** Reading a widget's nodes without trusting them: a prop of the wrong kind is a prop that is not there. */
export type Node = Record<string, unknown>;

/** Text longer than this (UTF-16 units) is cut. */
const MAX_TEXT = 65_536;

export const node = (value: unknown): Node | undefined =>
  value && typeof value == "object" && !Array.isArray(value) ? (value as Node) : undefined;

export const str = (value: unknown): string | undefined => (typeof value == "string" ? value : undefined);

/** A string, or a number or truth value as one; "" for all else. */
export const text = (value: unknown): string =>
  /^(string|number|boolean)$/.test(typeof value) ? String(value).slice(0, MAX_TEXT) : "";

/** As `text`, but `undefined` where there is nothing to see. */
export const some = (value: unknown): string | undefined => (text(value).trim() ? text(value) : undefined);

export const num = (value: unknown): number | undefined =>
  typeof value == "number" && isFinite(value) ? value : undefined;

/** One or many, as a list. */
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : node(value) ? [value] : []);

export const nodes = (value: unknown): Node[] => list(value).map(node).filter((one) => one !== undefined);

/** The value, if it is one of these words. */
export const word = (value: unknown, words: string): string | undefined =>
  typeof value == "string" && value && !/\s/.test(value) && ` ${words} `.includes(` ${value} `) ? value : undefined;

/** What `choices` has for this word; its own members alone. */
export const pick = <T>(value: unknown, choices: Record<string, T>): T | undefined =>
  typeof value == "string" && Object.hasOwn(choices, value) ? choices[value] : undefined;
