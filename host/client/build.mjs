// Makes dist/: the loader, the widget part and the icons, each with its compressed forms. With --check it writes nothing
// and fails where dist/ is not what the sources make, or where a part is larger than budget.json allows.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { sheet } from "./styles/sheet.mjs";

const here = new URL("./", import.meta.url);
const path = (name) => new URL(name, here).pathname;
const checks = process.argv.includes("--check");

/** One file as a string, minified. */
async function bundle(entry, format, define) {
  const { outputFiles } = await build({
    entryPoints: [path(entry)], bundle: true, write: false, minify: true, target: "es2022", format, define, charset: "utf8", legalComments: "none", mangleProps: /^_/,
  });
  return outputFiles[0].text.trim();
}

/** The icons of host/assets/icons.txt, which plain HTML shows too: "NAME line|filled PATH". */
function icons() {
  const lines = readFileSync(path("../assets/icons.txt"), "utf8").split("\n").filter((line) => line && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => {
    const [name, kind, ...rest] = line.split(" ");
    return [name, (kind === "filled" ? "F" : "") + rest.join(" ")];
  }));
}

/** A file's address names its content, so that it may be kept for ever. */
const versioned = (name, text) => `${name}?v=${createHash("sha256").update(text).digest("hex").slice(0, 12)}`;

const { parts: budget } = JSON.parse(readFileSync(path("budget.json"), "utf8"));
const files = {};
const define = { ICONS: JSON.stringify(icons()) };
/** Not of the pages' client: the host's own page, and what development mode adds to others. */
const APART = { playground: "playground/main.ts", dev: "playground/overlay.ts" };
for (const name of Object.keys(budget).filter((name) => name !== "widget")) {
  const entry = APART[name] ?? (name === "widgets" ? "embed/widget.ts" : `parts/${name}.ts`);
  files[`${name}.js`] = await bundle(entry, "esm", { ...define, STYLE: JSON.stringify(await sheet(name)) });
}
const parts = Object.entries(files).filter(([name]) => !(name.replace(".js", "") in APART)).map(([name, text]) => [name.replace(".js", ""), versioned(name, text)]);
files["widget.js"] = await bundle("embed/loader.ts", "iife", { PARTS: JSON.stringify(Object.fromEntries(parts)) });

const brotli = (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
let failed = false;
const fail = (why) => ((failed = true), console.error(`FAILED: ${why}`));
console.log("part          minified   brotli    limit");
for (const [name, text] of Object.entries(files)) {
  const size = brotli(text).length;
  console.log(`${name.padEnd(12)} ${String(text.length).padStart(9)} ${String(size).padStart(8)} ${String(budget[name.replace(".js", "")]).padStart(8)}`);
  if (!(size <= budget[name.replace(".js", "")])) fail(`${name} is larger than budget.json allows`);
}
mkdirSync(path("dist"), { recursive: true });
for (const [name, text] of Object.entries(files)) {
  const forms = [["", (made) => made.toString()], [".br", (made) => brotliDecompressSync(made).toString()], [".gz", (made) => gunzipSync(made).toString()]];
  const made = [text, brotli(text), gzipSync(text, { level: 9 })];
  forms.forEach(([end, plain], at) => {
    if (!checks) return writeFileSync(path(`dist/${name}${end}`), made[at]);
    let there;
    try {
      there = plain(readFileSync(path(`dist/${name}${end}`)));
    } catch {}
    if (there !== text) fail(`dist/${name}${end} is not what the sources make: run npm run build`);
  });
}
process.exitCode = failed ? 1 : 0;
