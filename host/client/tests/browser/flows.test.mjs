// What people do with widgets on a page of another origin, under a strict policy: add to cart, write a message, answer a
// quiz; and what happens when the host is slow, gone, or says no.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { LOADER, raise } from "../stage/stage.mjs";
import { TREES } from "../stage/trees.mjs";

let stage;
before(async () => (stage = await raise()));
after(() => stage.stop());
beforeEach(async () => {
  stage.host.before = undefined;
  stage.host.seen.length = 0;
  await stage.fresh();
});
afterEach(() => {
  assert.deepEqual(stage.site.reports.splice(0), [], "the page's policy was violated");
  assert.deepEqual(stage.site.foreign.splice(0), [], "somebody else was asked");
  assert.deepEqual(stage.errors.splice(0), [], "a script failed");
});

const widget = (name) => stage.page.locator(`inlay-widget[name="${name}"]`);
const ready = (name) => widget(name).locator(".iw:not(.iw-wait)").first().waitFor();
const posts = () => stage.host.seen.filter((one) => one.method === "POST");
/** The element that has the focus, through shadow roots, in words. */
const focus = () =>
  stage.page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at?.getAttribute("aria-label") || at?.textContent?.trim() || at?.className || at?.localName;
  });
const shows = (name, words) => widget(name).locator(`text=${words}`).first().waitFor();
/** Holds actions back until the returned function is called. */
function hold() {
  let release;
  const released = new Promise((done) => (release = done));
  stage.host.before = async (asked, answer, pass) => {
    if (asked.method === "POST") await released;
    pass();
  };
  return release;
}

test("add to cart by keyboard: the cart on the page follows, the focus stays, the visitor is one", async () => {
  await stage.open(`${LOADER}<inlay-widget name="products" data-params="limit=4"></inlay-widget><inlay-widget name="cart"></inlay-widget>`);
  await ready("products");
  await ready("cart");
  await shows("cart", "Your cart is empty");
  const add = widget("products").getByRole("button", { name: "Add to cart" }).first();
  await add.focus();
  await stage.page.keyboard.press("Enter");
  await shows("cart", "Ableton Live 12 Suite");
  assert.equal(await focus(), "Add to cart");
  // In the cart: one more of it, then gone; the focus is never lost to the page.
  const more = widget("cart").getByRole("button", { name: "One more of Ableton Live 12 Suite" });
  await more.focus();
  await stage.page.keyboard.press("Space");
  await shows("cart", "2 items");
  assert.equal(await focus(), "One more of Ableton Live 12 Suite");
  await stage.shot("flow-cart");
  await widget("cart").getByRole("button", { name: "Remove Ableton Live 12 Suite" }).focus();
  await stage.page.keyboard.press("Enter");
  await shows("cart", "Your cart is empty");
  assert.ok(await stage.page.evaluate(() => document.activeElement.getAttribute("name") === "cart"), "the widget took the focus");
  assert.deepEqual(await stage.axe(), []);

  const keys = posts().map((one) => one.headers["idempotency-key"]);
  assert.equal(new Set(keys).size, 3, "each intent has a key of its own");
  assert.ok(stage.host.seen.every((one) => !one.headers.cookie), "no cookie goes to another origin");
  assert.equal(new Set(posts().map((one) => one.headers["x-inlay-visitor"])).size, 1);
  // The visitor is the same after the page is loaded again.
  await widget("products").getByRole("button", { name: "Add to cart" }).first().click();
  await shows("cart", "1 item");
  await stage.page.reload();
  await shows("cart", "1 item");
});

test("what an action shows and the page does not have stands below the widget", async () => {
  await stage.open(`${LOADER}<inlay-widget name="products" data-params="limit=3"></inlay-widget>`);
  await ready("products");
  await widget("products").getByRole("button", { name: "Details" }).nth(1).click();
  const extra = widget("products").locator(".iw-extra inlay-widget");
  await extra.getByText("Push 3 Standalone").first().waitFor();
  await stage.shot("flow-details");
  await extra.getByRole("button", { name: "Add to cart" }).click();
  await extra.locator("text=Your cart").first().waitFor();
  await widget("products").locator(".iw-extra").getByRole("button", { name: "Close" }).first().click();
  assert.equal(await widget("products").locator(".iw-extra inlay-widget").count(), 0);
  assert.deepEqual(await stage.axe(), []);
});

test("search, a category and the next page are asked for by parameters", async () => {
  await stage.open(`${LOADER}<inlay-widget name="products"></inlay-widget>`);
  await ready("products");
  await widget("products").getByRole("button", { name: "Synthesizers" }).click();
  await widget("products").getByRole("heading", { name: "Synthesizers" }).waitFor();
  await widget("products").getByRole("textbox").fill("moog");
  await stage.page.keyboard.press("Enter");
  await shows("products", "1 product");
  assert.match(stage.host.seen.at(-1).url, /category=Synthesizers/);
  assert.match(stage.host.seen.at(-1).url, /search=moog/);
  await widget("products").getByRole("button", { name: "All" }).click();
  assert.equal(await widget("products").getByRole("textbox").inputValue(), "moog");
});

test("the contact form: faults at their fields, what was typed stays, then it is sent", async () => {
  await stage.open(`${LOADER}<inlay-widget name="contact-form"></inlay-widget>`);
  await ready("contact-form");
  const form = widget("contact-form");
  await form.getByLabel("Your name").fill("Ada");
  // The browser itself refuses what is no address; one that passes there is refused by the host.
  await form.getByLabel("E-mail").fill("ada");
  await form.getByRole("button", { name: "Send message" }).click();
  assert.equal(posts().length, 0, "native validation comes first");
  await form.getByLabel("E-mail").fill("ada@example.org");
  await form.getByLabel("Message").fill("Hello from another page");
  await form.getByLabel("What is it about?").selectOption({ index: 1 });
  stage.host.before = (asked, answer, pass) => {
    if (asked.method !== "POST") return pass();
    answer.writeHead(422, { "content-type": "application/problem+json", "access-control-allow-origin": stage.site.url });
    answer.end(JSON.stringify({ code: "invalid_form", detail: "Not yet", faults: [{ pointer: "/email", message: "This address is not known" }, { pointer: "/other", message: "is odd" }] }));
  };
  await form.getByRole("button", { name: "Send message" }).click();
  await form.getByText("This address is not known").waitFor();
  await form.getByText("other is odd").waitFor();
  assert.equal(await form.locator("[aria-invalid]").getAttribute("name"), "email");
  assert.equal(await form.getByLabel("E-mail").inputValue(), "ada@example.org");
  assert.equal(await form.getByLabel("Message").inputValue(), "Hello from another page");
  assert.ok(await form.getByLabel("E-mail").evaluate((one) => one.getRootNode().activeElement === one), "the first fault has the focus");
  assert.deepEqual(await stage.axe(), []);
  await stage.shot("flow-fault");
  stage.host.before = undefined;
  await form.getByRole("button", { name: "Send message" }).click();
  await shows("contact-form", "Thank you, Ada");
  await stage.shot("flow-sent");
});

test("the quiz by keyboard alone", async () => {
  await stage.open(`${LOADER}<script async src="HOST/static/widget.js" data-widget="mcq" data-theme="dark"></script>`);
  const quiz = stage.page.locator("inlay-widget");
  await quiz.getByText("Question 1 of").waitFor();
  for (let question = 1; ; question++) {
    await quiz.getByRole("radio").first().focus();
    await stage.page.keyboard.press("ArrowDown");
    await stage.page.keyboard.press("Tab");
    assert.equal(await focus(), "Check my answer");
    await stage.page.keyboard.press("Enter");
    const next = quiz.getByRole("button", { name: /Next question|See my result/ });
    await next.waitFor();
    if (question === 1) await stage.shot("flow-quiz");
    const last = (await next.textContent()).includes("result");
    // The button that had the focus is gone: the widget has it, and the next stop is inside.
    await stage.page.keyboard.press("Tab");
    assert.match(await focus(), /Next question|See my result/);
    await stage.page.keyboard.press("Enter");
    if (last) break;
    await quiz.getByText(`Question ${question + 1} of`).waitFor();
  }
  await quiz.getByText("Finished").waitFor();
  await stage.shot("flow-quiz-result");
  assert.deepEqual(await stage.axe(), []);
});

test("busy: one click acts once, the button keeps the focus; a lost answer is repeated under the same key", async () => {
  await stage.open(`${LOADER}<inlay-widget name="ableton-live-12-suite"></inlay-widget><inlay-widget name="cart"></inlay-widget>`);
  await ready("ableton-live-12-suite");
  await ready("cart");
  const release = hold();
  const add = widget("ableton-live-12-suite").getByRole("button", { name: "Add to cart" });
  await add.focus();
  for (let press = 0; press < 4; press++) await stage.page.keyboard.press("Enter");
  await widget("ableton-live-12-suite").locator("button[aria-busy=true]").waitFor();
  await stage.shot("flow-busy");
  assert.equal(await add.getAttribute("aria-disabled"), "true");
  assert.equal(await add.isDisabled().catch(() => false) && (await add.getAttribute("disabled")) !== null, false, "never disabled");
  release();
  await shows("cart", "1 item");
  assert.equal(posts().length, 1);
  assert.equal(await focus(), "Add to cart");
  assert.equal(await add.getAttribute("aria-busy"), null);

  // The action is done, but its answer is lost on the way.
  stage.host.before = (asked, answer, pass) => {
    if (asked.method !== "POST") return pass();
    answer.writeHead = () => setTimeout(() => asked.socket.destroy(), 50);
    answer.write = answer.end = () => true;
    pass();
  };
  await add.click();
  await widget("ableton-live-12-suite").getByRole("alert").waitFor();
  await stage.shot("flow-failed");
  assert.deepEqual(await stage.axe(), []);
  stage.host.before = undefined;
  await widget("ableton-live-12-suite").getByRole("button", { name: "Try again" }).click();
  await shows("cart", "2 items");
  const [, second, third] = posts().map((one) => one.headers["idempotency-key"]);
  assert.equal(second, third, "a retry is the same intent");
  await stage.page.reload();
  await shows("cart", "2 items");
  assert.equal(await widget("ableton-live-12-suite").getByRole("alert").count(), 0);
});

test("a plugin's no and a host that is gone are said, and can be tried again", async () => {
  stage.host.before = (asked, answer, pass) => (asked.url.startsWith("/api/") ? asked.socket.destroy() : pass());
  await stage.open(`${LOADER}<inlay-widget name="cart"></inlay-widget><inlay-widget name="nope"></inlay-widget>`);
  await widget("cart").getByText("This widget could not be loaded.").waitFor();
  await stage.shot("flow-gone");
  stage.host.before = undefined;
  await widget("cart").getByRole("button", { name: "Try again" }).click();
  await shows("cart", "Your cart is empty");
  await widget("nope").getByRole("button", { name: "Try again" }).click();
  await widget("nope").getByText(/no widget/i).waitFor();
  assert.deepEqual(await stage.axe(), []);
});

test("client actions are the page's; server actions can be stopped by it", async () => {
  await stage.open(`${LOADER}<inlay-widget name="x"></inlay-widget>`);
  await stage.page.evaluate(() => {
    window.heard = [];
    addEventListener("inlay:action", (event) => {
      window.heard.push(event.detail);
      event.preventDefault();
    });
  });
  await stage.show({ type: "Card", asForm: true, confirm: { label: "Go", action: { type: "server.go", payload: { a: 1 } } }, children: [
    { type: "Input", name: "todo.title", defaultValue: "Milk" }, { type: "Checkbox", name: "done", label: "Done", defaultChecked: true }, { type: "Input", name: "insertBefore", defaultValue: "clobbered" },
    { type: "Button", label: "Here", onClickAction: { type: "client.go", handler: "client", payload: [1] } },
  ] });
  await stage.page.getByRole("button", { name: "Here" }).click();
  await stage.page.getByRole("button", { name: "Go" }).click();
  await stage.page.waitForFunction(() => window.heard.length === 2);
  const form = { "todo.title": "Milk", done: true, insertBefore: "clobbered" };
  assert.deepEqual(await stage.page.evaluate(() => window.heard), [
    { widget: "x", action: { type: "client.go", payload: [1] }, form, handler: "client" },
    { widget: "x", action: { type: "server.go", payload: { a: 1 } }, form, handler: "server" },
  ]);
  assert.equal(posts().length, 0);
});

test("a second loader does nothing, a moved element goes on, a removed one is gone", async () => {
  await stage.open(`${LOADER}${LOADER}<inlay-widget name="cart"></inlay-widget><div id="there"></div><script async src="HOST/static/widget.js" data-widget="contact-form"></script>`);
  await ready("cart");
  await stage.page.locator("inlay-widget[data-widget=contact-form] .iw-card").waitFor();
  assert.equal(await stage.page.locator("inlay-widget").count(), 2);
  const before = stage.host.seen.length;
  const root = await widget("cart").evaluateHandle((one) => one.shadowRoot.querySelector(".iw-root"));
  await widget("cart").evaluate((one) => document.getElementById("there").append(one));
  assert.ok(await widget("cart").evaluate((one, root) => one.shadowRoot.querySelector(".iw-root") === root, root));
  assert.equal(stage.host.seen.length, before);
  const left = await widget("cart").evaluate(async (one) => {
    one.remove();
    await new Promise((done) => setTimeout(done, 20));
    return one.shadowRoot.childElementCount;
  });
  assert.equal(left, 0);
  // The same address is looked at when the name changes.
  await stage.page.evaluate(() => document.querySelector("inlay-widget").setAttribute("data-widget", "mcq"));
  await stage.page.getByText("Question 1 of").waitFor();
});

test("a select that can be searched: by keyboard, by pointer, and as part of its form", async () => {
  await stage.open(`${LOADER}<inlay-widget name="x"></inlay-widget>`);
  await stage.page.evaluate(() => {
    window.heard = [];
    addEventListener("inlay:action", (event) => {
      window.heard.push(event.detail.form);
      event.preventDefault();
    });
  });
  await stage.show(TREES.Search);
  const box = stage.page.getByRole("combobox", { name: "Country" });
  assert.equal(await box.inputValue(), "España");
  await box.focus();
  await stage.page.keyboard.press("Control+a");
  await stage.page.keyboard.type("espan");
  assert.deepEqual(await stage.page.getByRole("option").allTextContents(), ["España"], "accents do not matter");
  await stage.page.keyboard.press("Control+a");
  await stage.page.keyboard.type("e");
  assert.deepEqual(await stage.page.getByRole("option").allTextContents(), ["Germany", "España", "France", "Greece", "Nowhere"]);
  assert.deepEqual(await stage.axe(), []);
  await stage.shot("flow-search");
  await stage.page.keyboard.press("ArrowDown");
  await stage.page.keyboard.press("ArrowDown");
  await stage.page.keyboard.press("Enter");
  assert.equal(await box.inputValue(), "France");
  assert.equal(await box.getAttribute("aria-expanded"), "false");
  await stage.page.getByRole("button", { name: "Go" }).click();
  // What is no option is not sent; Escape gives back what was chosen.
  await box.fill("zzz");
  await stage.page.getByText("Nothing fits").waitFor();
  await box.press("Escape");
  assert.equal(await box.inputValue(), "France");
  await box.click();
  await stage.page.getByRole("option", { name: "Greece" }).click();
  await stage.page.getByRole("button", { name: "Go" }).click();
  await box.fill("");
  await box.press("Tab");
  await stage.page.getByRole("button", { name: "Go" }).click();
  await stage.page.waitForFunction(() => window.heard.length === 3);
  assert.deepEqual(await stage.page.evaluate(() => window.heard), [{ country: "fr" }, { country: "gr" }, { country: "" }]);
});

test("our own words are in the reader's language", async () => {
  stage.host.before = (asked, answer, pass) => (asked.url.startsWith("/api/") ? asked.socket.destroy() : pass());
  await stage.open(`${LOADER}${["de", "es-MX", "fr", "it", "pt-BR", "ja"].map((locale) => `<inlay-widget name="cart" data-locale="${locale}"></inlay-widget>`).join("")}`);
  for (const words of ["Noch einmal versuchen", "Volver a intentarlo", "Réessayer", "Riprova", "Tentar de novo", "Try again"]) {
    await stage.page.getByRole("button", { name: words }).waitFor();
  }
});

test("what an action adds or changes meets what is shown", async () => {
  const lines = (...names) => names.map((name) => ({ type: "Text", key: name.split(" ")[0], value: name }));
  const answer = (mode, children, more) => ({ success: true, action: "go", id: "act_1", result: null, events: [], widgets: [{ name: "x", key: "x", mode, widget: { type: "Card", key: "x", children, ...more } }] });
  const answers = [answer("append", lines("c 3", "a 1 again")), answer("patch", lines("c 4"), { size: "lg" })];
  stage.host.before = (asked, reply, pass) => {
    if (asked.method !== "POST") return pass();
    asked.resume();
    reply.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": stage.site.url, "access-control-allow-credentials": "true" });
    reply.end(JSON.stringify(answers.shift()));
  };
  await stage.open(`${LOADER}<inlay-widget name="x"></inlay-widget>`);
  await stage.show({ type: "Card", key: "x", children: [...lines("a 1", "b 2"), { type: "Button", label: "Go", onClickAction: { type: "go" } }] });
  const go = stage.page.getByRole("button", { name: "Go" });
  const shown = () => widget("x").locator(".iw-card .iw-text, .iw-card .iw-btn").allTextContents();
  await go.click();
  await shows("x", "c 3");
  assert.deepEqual(await shown(), ["a 1 again", "b 2", "Go", "c 3"]);
  await go.click();
  await shows("x", "c 4");
  assert.deepEqual(await shown(), ["a 1 again", "b 2", "Go", "c 4"]);
  assert.equal(await widget("x").locator(".iw-card.iw-lg").count(), 1);
});
