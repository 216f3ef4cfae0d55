import { chromium } from "playwright-core";
import { mkdirSync, readFileSync } from "node:fs";
mkdirSync("/tmp/w/shots", { recursive: true });
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const AXE = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const H = "http://127.0.0.1:3977/";
for (const scheme of ["light", "dark"]) {
const c = await b.newContext({ viewport: { width: 720, height: 500 }, colorScheme: scheme, bypassCSP: true });
const p = await c.newPage();
const visitor = {};
const post = (name, parameters) => p.evaluate(([name, parameters]) => fetch("/api/widget-action", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ type: "custom", name, parameters }) }).then((r) => r.json()), [name, parameters]);
await p.goto(H + "demo");
await post("add_to_cart", { productId: "prod_1" }); await post("add_to_cart", { productId: "prod_2" });
const order = await post("checkout", {});
await post("add_to_cart", { productId: "prod_5" }); await post("checkout", {});
await post("add_to_cart", { productId: "prod_3" });
await post("choose_plan", { plan: "sketch" });
const names = ["order-status","pricing","pricing?period=yearly","appointment","survey","articles","article?id=filters","article?id=room","feedback","mcq","products?limit=4","cart","contact-form","ableton-live-12-suite","product-card?productId=prod_2"];
for (const name of names) {
  await p.goto(H + "api/widget/" + name);
  await p.screenshot({ path: `/tmp/w/shots/${name.replace(/\W/g, "-")}-${scheme}.png`, fullPage: true });
  await p.evaluate(AXE);
  const found = await p.evaluate(async () => (await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })).violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.flat().join(" ")}: ${n.failureSummary}`)));
  if (found.length) console.log(scheme, name, found);
}
}
await b.close();
