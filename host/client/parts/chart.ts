/** `chart.js`: comes with the first chart. */
import { chart } from "../nodes/chart.ts";
import type { Show } from "../nodes/cx.ts";

declare const STYLE: string;
export const style = STYLE;
export const show: Show = { Chart: chart };
