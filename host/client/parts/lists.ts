/** `lists.js`: comes with the first list or line of status. */
declare const STYLE: string;
export const style = STYLE;
export { lists as show, late } from "../nodes/lists.ts";
