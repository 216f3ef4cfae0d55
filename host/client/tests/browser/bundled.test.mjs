// The widgets that ship, on a page of another origin under a strict policy: each in light and dark side by side, its main
// flow by keyboard alone, nothing for axe-core to find at any step. With PICTURES=1 the pictures of the documentation are made.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { LOADER, raise } from "../stage/stage.mjs";

let stage;
before(async () => (stage = await raise()));
after(() => stage.stop());
beforeEach(() => stage.fresh({ viewport: { width: 1000, height: 900 } }));
afterEach(() => {
  assert.deepEqual(stage.site.reports.splice(0), [], "the page's policy was violated");
  assert.deepEqual(stage.site.foreign.splice(0), [], "somebody else was asked");
  assert.deepEqual(stage.errors.splice(0), [], "a script failed");
});

const element = (name, theme, params) => `<inlay-widget name="${name}" data-theme="${theme}"${params ? ` data-params="${params}"` : ""}></inlay-widget>`;
const light = (name) => stage.page.locator(`inlay-widget[name="${name}"]`).first();

/** The widget twice, in light and in dark, side by side on its own page. */
async function open(name, { params, wide = false, more = "" } = {}) {
  await stage.open(`${LOADER}${element(name, "light", params)}${element(name, "dark", params)}${more}`);
  await stage.page.evaluate((wide) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`html { color-scheme: light; background: #eceef1 } h1 { display: none }
      main { display: grid; grid-template-columns: ${wide ? "1fr" : "1fr 1fr"}; gap: 16px; padding: 16px; align-items: start } body { margin: 0 }`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }, wide);
  for (const theme of ["light", "dark"]) {
    await stage.page.locator(`inlay-widget[name="${name}"][data-theme=${theme}] .iw:not(.iw-wait)`).first().waitFor();
  }
}
const shows = (name, words) => light(name).locator(`text=${words}`).first().waitFor();
/** What has the focus, through shadow roots, in words. */
const focus = () =>
  stage.page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    const labelled = at?.getAttribute("aria-labelledby");
    const label = labelled && at.getRootNode().getElementById(labelled)?.textContent;
    return `${at?.getAttribute("aria-label") || label || at?.labels?.[0]?.textContent || at?.textContent || at?.localName}`.trim();
  });
/** Goes on by Tab until what is called so has the focus: nobody is kept from reaching it, nobody is caught before it. */
async function tabTo(words) {
  const passed = [];
  for (let step = 0; step < 80; step++) {
    await stage.page.keyboard.press("Tab");
    const at = await focus();
    if (at.includes(words)) return;
    passed.push(at);
  }
  assert.fail(`${words} is not reached by Tab; passed: ${passed.join(" | ")}`);
}
const press = (key) => stage.page.keyboard.press(key);
async function choose(words) {
  await tabTo(words);
  await press("Enter");
}
const clean = async (where) => assert.deepEqual(await stage.axe(), [], where);

test("an order: bought, followed, cancelled", async () => {
  await open("ableton-live-12-suite");
  await stage.picture("ableton-live-12-suite");
  await open("ableton-live-12-suite", { more: '<inlay-widget name="cart"></inlay-widget>' });
  await clean("the product");
  await choose("Add to cart");
  await shows("cart", "1 item");
  await choose("Check out");
  await shows("cart", "Thank you for your order");
  await clean("the thanks");
  await choose("Follow your order");
  await stage.page.locator("inlay-widget .iw-extra").getByText("Cancel this order").waitFor();
  await clean("the order below the cart");
  await open("order-status");
  await clean("an order that is placed");
  await stage.picture("order-status");
  await choose("Cancel this order");
  await light("order-status").locator("text=Cancelled").first().waitFor();
  await stage.page.waitForFunction(() => !document.querySelector("inlay-widget").shadowRoot.textContent.includes("Cancel this order"));
  await clean("an order that is cancelled");
});

test("products and cart", async () => {
  await open("products", { params: "limit=4", wide: true });
  await clean("products");
  await stage.picture("products");
  await tabTo("Search the catalogue");
  await stage.page.keyboard.type("moog");
  await press("Enter");
  await shows("products", "1 product");
  await choose("Add to cart");
  await stage.page.locator("inlay-widget .iw-extra").getByText("Your cart").waitFor();
  await open("cart");
  await shows("cart", "1 item");
  await choose("One more of");
  await shows("cart", "2 items");
  await clean("a cart");
  await stage.picture("cart");
  await open("product-card", { params: "productId=prod_2" });
  await clean("a product's card");
  await stage.picture("product-card");
});

test("plans: the period, a choice, the way out", async () => {
  await open("pricing", { wide: true });
  await clean("by month");
  await choose("Yearly");
  await shows("pricing", "Saves €24.00 a year");
  await choose("Choose Studio");
  await shows("pricing", "Your plan: Studio, paid yearly");
  await clean("with a plan");
  await stage.picture("pricing");
  await choose("Leave this plan");
  await shows("pricing", "Change or leave whenever you like.");
});

test("an appointment: a day, a time, who comes, and cancelled", async () => {
  await open("appointment");
  await clean("free times");
  await stage.picture("appointment");
  const second = await light("appointment").locator("button.pill").nth(1).textContent();
  await choose(second.trim());
  await light("appointment").locator("button.bv-solid.pill", { hasText: second.trim() }).waitFor();
  await tabTo("10:00");
  await press("ArrowRight");
  assert.equal(await focus(), "10:30");
  await tabTo("Your name");
  await stage.page.keyboard.type("Ada");
  await tabTo("E-mail");
  await stage.page.keyboard.type("ada@example");
  await choose("Book this time");
  // The browser takes such an address, the plugin does not: what it says stands at the field, which has the focus.
  await light("appointment").getByText("does not look like an email address").waitFor();
  await clean("with a fault");
  await press("End");
  await stage.page.keyboard.type(".org");
  await choose("Book this time");
  await shows("appointment", "You are expected on");
  await clean("booked");
  await stage.shot("flow-appointment");
  await choose("Cancel ");
  await stage.page.waitForFunction(() => !document.querySelector("inlay-widget").shadowRoot.textContent.includes("Your appointments"));
});

test("a survey: both questions, then charts", async () => {
  await open("survey");
  await clean("the questions");
  await tabTo("At home");
  await press("Space");
  await tabTo("Every week");
  await press("ArrowDown");
  assert.equal(await focus(), "Every month");
  await choose("Send my answers");
  await shows("survey", "Most say: At home, 100 %");
  await clean("the results");
  // A few others, so that the picture shows more than one bar.
  for (const [where, often] of [["home", "rarely"], ["studio", "monthly"], ["home", "weekly"], ["stage", "monthly"], ["away", "never"]]) {
    const body = JSON.stringify({ type: "custom", name: "survey.answer", parameters: { survey: "studio-2026", answers: { where, often } } });
    const answer = await fetch(`${stage.host.url}/api/widget-action`, { method: "POST", headers: { "content-type": "application/json" }, body });
    assert.equal(answer.status, 200);
  }
  await open("survey");
  await shows("survey", "6 people have answered");
  await stage.picture("survey");
});

test("articles: a topic, an article, back, and it is marked", async () => {
  await open("articles");
  await clean("the list");
  await stage.picture("articles");
  await choose("Synthesis");
  await light("articles").locator("button.bv-solid", { hasText: "Synthesis" }).waitFor();
  await choose("What a filter really does");
  const extra = stage.page.locator("inlay-widget .iw-extra inlay-widget").first();
  await extra.getByText("A saw wave holds all overtones").waitFor();
  await clean("an article below the list");
  await open("article", { params: "id=room" });
  await clean("an article");
  await stage.picture("article");
  await open("articles");
  await shows("articles", "Read");
});

test("feedback: a rating and a word, then what others say", async () => {
  await open("feedback");
  await clean("the form");
  await stage.picture("feedback");
  await tabTo("Very good");
  await press("ArrowDown");
  await tabTo("Anything to add?");
  await stage.page.keyboard.type("Fast");
  await choose("Send feedback");
  await shows("feedback", "4.0 of 5");
  await clean("the thanks");
  await stage.shot("flow-feedback");
});

test("contact form and quiz", async () => {
  await open("contact-form");
  await clean("the form");
  await stage.picture("contact-form");
  await tabTo("Your name");
  await stage.page.keyboard.type("Ada");
  await tabTo("E-mail");
  await stage.page.keyboard.type("ada@example.org");
  await tabTo("What is it about?");
  await press("ArrowDown");
  await tabTo("Message");
  await stage.page.keyboard.type("Hello");
  await choose("Send message");
  await shows("contact-form", "Thank you, Ada");
  await clean("the thanks");
  await open("mcq");
  await clean("a question");
  const first = await light("mcq").locator("label").first().textContent();
  await tabTo(first.trim());
  await press("Space");
  await choose("Check my answer");
  await shows("mcq", "Next question");
  await clean("an answer");
  await stage.picture("mcq");
});

for (const scheme of ["light", "dark"]) {
  test(`each widget's own page, without a script, in ${scheme}`, async () => {
    await stage.fresh({ colorScheme: scheme, viewport: { width: 800, height: 900 } });
    const { widgets } = await (await fetch(`${stage.host.url}/api/widgets`)).json();
    const paths = widgets.filter(({ name }) => name !== "article" && name !== "product-card").map(({ name }) => name);
    for (const path of [...paths, "article?id=room", "product-card?productId=prod_2"]) {
      const answer = await stage.page.goto(`${stage.host.url}/api/widget/${path}`);
      // One that only a plugin shows has no page of its own data.
      if (!answer.ok()) continue;
      await clean(path);
      assert.equal(await stage.page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, path);
      await stage.shot(`page-${path.replace(/\W/g, "-")}-${scheme}`);
    }
  });
}
