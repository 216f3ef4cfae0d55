// Runs the tests of a folder, one file after the other: node tests/run.mjs unit|browser [FILE…]
import { readdirSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const [folder, ...only] = process.argv.slice(2);
const at = new URL(`./${folder}/`, import.meta.url).pathname;
const files = readdirSync(at).filter((name) => name.endsWith(".test.mjs") && (!only.length || only.some((part) => name.includes(part))));
const stream = run({ files: files.map((name) => at + name), concurrency: 1, timeout: 900_000 });
stream.on("test:fail", () => (process.exitCode = 1));
stream.compose(new spec()).pipe(process.stdout);
