/** `forms.js`: comes with the first form or control. */
declare const STYLE: string;
export const style = STYLE;
export { controls as show, late } from "../nodes/controls.ts";
