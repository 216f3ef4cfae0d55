/** `text.js`: comes with the first Markdown or table. */
import type { Show } from "../nodes/cx.ts";
import { markdown } from "../nodes/markdown.ts";
import { table } from "../nodes/table.ts";

declare const STYLE: string;
export const style = STYLE;
export const show: Show = { Markdown: markdown, Table: table };
