// The playground: what is typed is tried out by the host, what is wrong is said at its line, and what people do in the
// preview is written down. In light, dark, on a phone, and by keyboard.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { raise } from "../stage/stage.mjs";

let stage;
const project = mkdtempSync(join(tmpdir(), "inlay-playground-"));
const template = (words) => `{"type": "Card", "children": [{"type": "Title", "value": {{ ("${words}, " ~ name) | tojson }}}]}\n`;
const write = (name, text) => writeFileSync(join(project, "hello", name), text);
before(async () => {
  mkdirSync(join(project, "hello"));
  write("widget.toml", 'name = "hello"\ntitle = "Hello"\n');
  write("sample.json", '{"name": "Ada"}');
  write("template.jinja", template("Hello"));
  stage = await raise({ project });
});
after(async () => {
  await stage.stop();
  rmSync(project, { recursive: true, force: true });
});
beforeEach(async () => void (await open("hello")));
afterEach(async () => {
  assert.deepEqual(await stage.page.evaluate(() => globalThis.violations), [], "the page's policy was violated");
  assert.deepEqual(stage.errors.splice(0), [], "a script failed");
  assert.deepEqual(stage.site.foreign.splice(0), [], "somebody else was asked");
});

async function open(name, options) {
  const page = await stage.fresh(options);
  await page.addInitScript(() => {
    globalThis.violations = [];
    addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(`${stage.host.url}/playground#${name}`);
  await page.locator(".pg-stage .iw").first().waitFor();
  return page;
}
const text = () => stage.page.getByRole("textbox", { name: "Template" });
const shows = (words) => stage.page.locator(".pg-stage").getByText(words).first().waitFor();

for (const [way, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 320, height: 700 } }], ["forced", { forcedColors: "active" }]]) {
  test(`nothing to find in it: ${way}`, async () => {
    await open("products", { viewport: { width: 1280, height: 900 }, ...options });
    for (const tab of ["Findings", "Tree", "Actions", "Embed"]) {
      await stage.page.getByRole("tab", { name: tab }).click();
      assert.deepEqual(await stage.axe(), [], tab);
      assert.equal(await stage.page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, tab);
    }
    await stage.page.getByRole("tab", { name: "All" }).click();
    assert.equal(await stage.page.locator(".pg-stage").count(), 4);
    assert.equal(await stage.page.locator(".pg-on-rtl inlay-widget .iw-root").getAttribute("dir"), "rtl");
    await stage.shot(`playground-${way}`);
    assert.deepEqual(await stage.axe(), [], "All");
  });
}

test("what is typed is shown; what is wrong is said at its line, and the last good version stays", async () => {
  await text().fill(template("Good day"));
  await shows("Good day, Ada");
  await text().fill(`{"type": "Card",\n "children": [\n {{ missing }}]}`);
  await stage.page.getByText("Line 3:").waitFor();
  assert.equal(await text().getAttribute("aria-invalid"), "true");
  assert.equal(await stage.page.locator(".pg-lines .pg-bad").textContent(), "3");
  await shows("Good day, Ada");
  await stage.page.getByText("The last version that could be shown").waitFor();
  // From the list of findings to the line.
  await stage.page.getByRole("tab", { name: "Embed" }).click();
  await stage.page.getByRole("tab", { name: "Findings" }).click();
  await stage.page.getByRole("button", { name: "template, line 3" }).click();
  assert.equal(await text().evaluate((box) => box.value.slice(box.selectionStart, box.selectionEnd)), " {{ missing }}]}");
  await stage.page.getByRole("button", { name: "Undo changes" }).click();
  await shows("Hello, Ada");
  await stage.page.getByText("Nothing is wrong.").waitFor();
  // Data that is no JSON, and data that does not fit.
  await stage.page.getByRole("tab", { name: "Data" }).click();
  const data = stage.page.getByRole("textbox", { name: "Data" });
  await data.fill('{\n"name": Ada}');
  await stage.page.locator("#pg-wrong").getByText("it is not JSON").waitFor();
  await data.fill('{"name": 7}');
  await stage.page.getByRole("tab", { name: "Schema" }).click();
  await stage.page.getByRole("textbox", { name: "Schema" }).fill('{"properties": {"name": {"type": "string"}}}');
  await stage.page.getByRole("button", { name: "data /name" }).waitFor();
});

test("by keyboard: tabs by arrows, and no trap in the editor", async () => {
  await stage.page.getByRole("tab", { name: "Template" }).focus();
  await stage.page.keyboard.press("ArrowRight");
  const chosen = () => stage.page.evaluate(() => document.activeElement.id);
  assert.equal(await chosen(), "edit-schema");
  assert.ok(await stage.page.getByRole("textbox", { name: "Schema" }).isVisible());
  await stage.page.keyboard.press("End");
  assert.equal(await chosen(), "edit-data");
  await stage.page.keyboard.press("Tab");
  assert.equal(await chosen(), "pg-data");
  await stage.page.keyboard.press("Tab");
  assert.equal(await chosen(), "view-light");
});

test("what people do in the preview is written down with the plugin's answer, or is not sent", async () => {
  await open("products");
  await stage.page.getByRole("tab", { name: "Actions" }).click();
  const add = stage.page.getByRole("button", { name: "Add to cart" }).first();
  await add.click();
  const entry = stage.page.locator(".pg-log li").first();
  await entry.getByText(/add_to_cart.* is in your cart/).waitFor();
  await entry.locator("summary").click();
  assert.match(await entry.getByLabel("The answer").textContent(), /"success": true/);
  assert.match(await entry.getByLabel("What was sent").textContent(), /"productId": "prod_1"/);
  await stage.page.getByLabel("Send actions to their plugins").uncheck();
  await add.click();
  await stage.page.locator(".pg-log li").first().getByText("not sent").waitFor();
  // The plugin's own data in the place of the sample.
  await stage.page.locator("#pg-sample").selectOption({ label: "Live: products" });
  await shows("12 of 28 shown");
});

test("a widget is exported as it stands, and its embed code is copied", async () => {
  await text().fill(template("Exported"));
  await shows("Exported, Ada");
  const download = stage.page.waitForEvent("download");
  await stage.page.getByRole("button", { name: "Export .widget" }).click();
  const saved = await download;
  assert.equal(saved.suggestedFilename(), "hello.widget");
  const file = JSON.parse(readFileSync(await saved.path(), "utf8"));
  assert.deepEqual([file.version, file.name, file.template, file.inlay], ["1.0", "hello", template("Exported"), { title: "Hello", sample: { name: "Ada" } }]);
  await stage.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await stage.page.getByRole("button", { name: "Copy embed code" }).click();
  await stage.page.getByText("Copied").waitFor();
  assert.equal(await stage.page.evaluate(() => navigator.clipboard.readText()), `<script async src="${stage.host.url}/static/widget.js" data-widget="hello"></script>`);
});

test("what its author saves is on the screen at once; what is broken is said, and the old one stays", async () => {
  await shows("Hello, Ada");
  const began = performance.now();
  write("template.jinja", template("Saved"));
  await shows("Saved, Ada");
  console.log(`on the screen after ${Math.round(performance.now() - began)} ms`);
  write("template.jinja", "{\n{{ oops");
  await stage.page.getByRole("alert").getByText("template, line 2").waitFor();
  await shows("Saved, Ada");
  // Somebody types, and the file changes: nothing is lost.
  write("template.jinja", template("Again"));
  await shows("Again, Ada");
  await text().fill(template("Typed"));
  await shows("Typed, Ada");
  write("template.jinja", template("Elsewhere"));
  await stage.page.getByText("The file has changed on disk.").waitFor();
  assert.equal(await text().inputValue(), template("Typed"));
  await stage.page.getByRole("button", { name: "Take it, and drop my changes" }).click();
  await shows("Elsewhere, Ada");
  write("template.jinja", template("Hello"));
  await shows("Hello, Ada");
});
