// The client's style sheet: the look of host/assets/widgets.css, which plain HTML has too, and what only the client shows.
//
// Left out is what the client makes when it is first needed (kit/look.ts): the scales that stand for free values. Sizes
// are relative to the widget and not to the page, and the colours can be set by the page as custom properties.
import { transform } from "esbuild";
import { readFileSync } from "node:fs";

/** Classes of scales, and of the parts that only plain HTML has. */
const MADE = /^\.(t[xtc]|wt|ta|clamp|fit|at|hr|ai|jc|fw|f|r|ar|[cbe]|ed|italic|through|ink|fill|duo|edge-a|iw-act|iw-note|iw-faults)(-[\w-]+)?$/;
const SETTABLE = {
  "--fg": "fg", "--fg-2": "muted", "--surface": "bg", "--surface-2": "surface", "--edge": "border", "--solid": "primary", "--on-solid": "on-primary",
  "--info": "info", "--success": "success", "--warning": "warning", "--danger": "danger", "--radius": "radius",
};

/** Selector and body of each rule; a body with rules inside is one that begins with @media. */
function rules(css) {
  const found = [];
  let rest = css.replace(/\/\*[^]*?\*\//g, "");
  while (rest.trim()) {
    const open = rest.indexOf("{");
    let [depth, end] = [1, open + 1];
    for (; depth; end++) depth += { "{": 1, "}": -1 }[rest[end]] ?? 0;
    found.push([rest.slice(0, open).trim(), rest.slice(open + 1, end - 1)]);
    rest = rest.slice(end);
  }
  return found;
}

/** Commas inside of `:is()` part nothing. */
const selectors = (list) => list.split(/,(?![^(]*\))/).map((one) => one.trim());

/** Which part's sheet a rule belongs to; tables stand in two. */
const OWN = { combo: /iw-combo/, icons: /^\.(iw-icon|iw-solid|iz-)/, looks: /^\.(iw-(img|frame|badge)|bg-|g[vz]-)/, lists: /iw-(status|items|item|click|spread|more)/, forms: /iw-(field|input|select|editable|area|grow|fault|radios|check)|iv-/, text: /iw-(img|md|scroll|table)/, chart: /iw-(chart|grid|legend|zero|scroll|table)/ };
const belongs = (selector, part) => {
  const owners = selector.startsWith(".iw-click") ? ["lists"] : Object.keys(OWN).filter((name) => OWN[name].test(selector));
  return owners.length ? owners.includes(part) : part === "widgets";
};

export async function sheet(part) {
  const shared = readFileSync(new URL("../../assets/widgets.css", import.meta.url), "utf8").split("/* Spacing, in px */")[0];
  let css = "";
  for (const [selector, body] of rules(shared)) {
    const kept = selectors(selector).filter((one) => !MADE.test(one) && !/clamp-|eh-|iw-faults/.test(one) && belongs(one, part));
    if (!kept.length) continue;
    if (/^\.iz-/.test(selector)) {
      css += `${selector}{--i:${/width: (\w+)/.exec(body)[1]}}`;
      continue;
    }
    let own = body.replace(/([\d.]+)rem/g, "$1em");
    if (selector === ".iw") {
      own = own.replace(/(--[\w-]+):\s*([^;]+);/g, (all, name, value) => (SETTABLE[name] ? `${name}:var(--inlay-${SETTABLE[name]},${value});` : all));
      own = own.replace(/color-scheme:[^;]+;/, "").replace(/font: 400 1em\/1.45 ([^;]+);/, "font:400 var(--inlay-font-size,16px)/1.45 var(--inlay-font,system-ui,sans-serif);");
    }
    if (selector === ".iw-icon") own = "width:var(--i,1.125em);height:var(--i,1.125em);flex:none";
    own = own.replace(/box-shadow: ([^;]+);/, "box-shadow:var(--inlay-shadow,$1);");
    css += `${kept.join(",")}{${own}}`;
  }
  for (const [selector, body] of rules(readFileSync(new URL("client.css", import.meta.url), "utf8"))) {
    const kept = selectors(selector).filter((one) => belongs(one, part));
    if (kept.length) css += `${kept.join(",")}{${body}}`;
  }
  return (await transform(css, { loader: "css", minify: true, target: "es2022" })).code.trim().replace(/(--[\w-]+): /g, "$1:");
}
