import { chromium } from "playwright-core";
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
for (const width of [1100, 320]) {
const c = await b.newContext({ viewport: { width, height: 900 } });
const p = await c.newPage();
for (const path of ["demo", ...["order-status","pricing","appointment","survey","articles","article?id=filters","feedback","mcq","products","cart","contact-form"].map((n) => "api/widget/" + n)]) {
await p.goto("http://127.0.0.1:3977/" + path);
console.log(width, path, await p.evaluate(() => [document.documentElement.scrollWidth - innerWidth, ...[...document.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5).slice(0,4).map((e) => e.outerHTML.slice(0, 120) + e.getBoundingClientRect().right)]));
}}
await b.close();
