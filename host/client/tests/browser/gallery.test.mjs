// Every component and every first-party widget, in light and dark: nothing for axe-core to find, nothing sticks out, all of
// it can be reached by the keyboard. The pictures are in target/screenshots/client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LOADER, raise } from "../stage/stage.mjs";
import { TREES } from "../stage/trees.mjs";

let stage;
before(async () => (stage = await raise()));
after(() => stage.stop());

const ELEMENT = `${LOADER}<inlay-widget></inlay-widget>`;

/** Whether anything is wider than the page. */
const sticksOut = () => stage.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
/** Controls that can be used and have no tab stop of their own or of their group, or are smaller than 24 px. */
const faultyTargets = () =>
  stage.page.evaluate(() => {
    const all = [...document.querySelector("inlay-widget").shadowRoot.querySelectorAll("button, input, select, textarea, summary, a[href]")];
    return all
      .filter((one) => !one.disabled && one.checkVisibility())
      .filter((one) => {
        const target = one.closest("label") ?? one;
        const { width, height } = target.getBoundingClientRect();
        const isInText = one.localName == "a" && one.closest("p, li, td");
        return one.tabIndex < 0 || (!isInText && (width < 24 || height < 23.5));
      })
      .map((one) => `${one.outerHTML.slice(0, 120)} ${JSON.stringify(one.getBoundingClientRect())}`);
  });
const quiet = () => {
  assert.deepEqual(stage.site.reports, []);
  assert.deepEqual(stage.site.foreign, []);
  assert.deepEqual(stage.errors, []);
};

for (const scheme of ["light", "dark"]) {
  test(`components in ${scheme}`, async () => {
    await stage.page.emulateMedia({ colorScheme: scheme });
    await stage.open(ELEMENT);
    const faults = [];
    for (const [name, tree] of Object.entries(TREES)) {
      await stage.show(tree);
      await stage.shot(`${name}-${scheme}`);
      faults.push(...[...(await stage.axe()), ...(await faultyTargets())].map((fault) => `${name}: ${fault}`));
      if ((await sticksOut()) > 0) faults.push(`${name} sticks out`);
    }
    assert.deepEqual(faults, []);
    quiet();
  });

  test(`first-party widgets in ${scheme}`, async () => {
    await stage.page.emulateMedia({ colorScheme: scheme });
    for (const { name } of (await (await fetch(`${stage.host.url}/api/widgets`)).json()).widgets) {
      const shown = await fetch(`${stage.host.url}/api/widget/${name}`);
      // One that only a plugin shows is shown by the flows.
      if (!shown.ok) continue;
      await stage.open(`${LOADER}<inlay-widget name="${name}"></inlay-widget>`);
      await stage.page.locator("inlay-widget .iw:not(.iw-wait)").first().waitFor();
      await stage.shot(`widget-${name}-${scheme}`);
      assert.deepEqual(await stage.axe(), [], name);
      assert.deepEqual(await faultyTargets(), [], name);
    }
    quiet();
  });
}

test("a phone's width, right to left, forced colours", async () => {
  await stage.fresh({ viewport: { width: 320, height: 800 } });
  await stage.open(ELEMENT);
  const wide = [];
  for (const [name, tree] of Object.entries(TREES)) {
    await stage.show(tree);
    if ((await sticksOut()) > 0) wide.push(name);
  }
  assert.deepEqual(wide, []);
  await stage.open(`${LOADER}<inlay-widget data-locale="ar"></inlay-widget>`);
  await stage.show(TREES.Controls);
  const root = stage.page.locator("inlay-widget .iw-root");
  assert.equal(await root.getAttribute("dir"), "rtl");
  assert.equal(await root.getAttribute("lang"), "ar");
  await stage.shot("rtl-controls");
  await stage.show(TREES.Box);
  await stage.shot("rtl-box");
  assert.deepEqual(await stage.axe(), []);
  await stage.fresh({ forcedColors: "active" });
  await stage.open(ELEMENT);
  for (const name of ["Button", "Chart", "Controls", "Search"]) {
    await stage.show(TREES[name]);
    await stage.shot(`forced-${name}`);
  }
  quiet();
});

for (const [way, options, element] of [
  ["right to left", { colorScheme: "light" }, `${LOADER}<inlay-widget data-locale="ar"></inlay-widget>`],
  ["forced colours", { forcedColors: "active", colorScheme: "dark" }, ELEMENT],
  ["reduced motion", { reducedMotion: "reduce", colorScheme: "dark" }, ELEMENT],
]) {
  test(`every component with ${way}: nothing to find, nothing sticks out, nothing moves`, async () => {
    await stage.fresh(options);
    await stage.open(element);
    const faults = [];
    for (const [name, tree] of Object.entries(TREES)) {
      await stage.show(tree);
      faults.push(...[...(await stage.axe()), ...(await faultyTargets())].map((fault) => `${name}: ${fault}`));
      if ((await sticksOut()) > 0) faults.push(`${name} sticks out`);
      const moving = await stage.page.evaluate(() => document.getAnimations().filter((one) => one.playState == "running").length);
      if (moving) faults.push(`${name}: ${moving} animations`);
    }
    assert.deepEqual(faults, []);
    quiet();
  });
}

test("every component by keyboard alone: each control is reached once, in the order of the page, and is seen to be", async () => {
  await stage.fresh();
  await stage.open(ELEMENT);
  for (const [name, tree] of Object.entries(TREES)) {
    await stage.show(tree);
    const wanted = await stage.page.evaluate(() => {
      const all = [...document.querySelector("inlay-widget").shadowRoot.querySelectorAll("button, input, select, textarea, summary, a[href], [tabindex='0']")];
      const groups = new Set();
      const stops = all.filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility()).filter((one) => one.type != "radio" || (!groups.has(one.name) && groups.add(one.name)));
      stops.forEach((one, at) => (one.dataset.stop = at));
      return stops.length;
    });
    // From what stands before it.
    await stage.page.evaluate(() => {
      const heading = document.querySelector("h1");
      heading.tabIndex = -1;
      heading.focus();
    });
    const seen = [];
    for (let at = 0; at < wanted; at++) {
      await stage.page.keyboard.press("Tab");
      // A date has several stops of its own.
      for (let inside = 0; inside < 8 && seen.length; inside++) {
        if ((await stage.page.evaluate(() => document.querySelector("inlay-widget").shadowRoot.activeElement?.dataset.stop)) !== seen.at(-1).stop) break;
        await stage.page.keyboard.press("Tab");
      }
      seen.push(await stage.page.evaluate(() => {
        const one = document.querySelector("inlay-widget").shadowRoot.activeElement;
        const of = one?.type == "radio" ? one.getRootNode().querySelector(`[name="${CSS.escape(one.name)}"][data-stop]`) : one;
        const { outlineStyle, outlineWidth, boxShadow } = one ? getComputedStyle(one) : {};
        return { stop: of?.dataset.stop, visible: (outlineStyle != "none" && outlineWidth != "0px") || boxShadow != "none" };
      }));
    }
    assert.deepEqual(seen.map((one) => one.stop), Array.from({ length: wanted }, (_, at) => String(at)), name);
    assert.ok(seen.every((one) => one.visible), `${name}: the focus is not seen ${JSON.stringify(seen)}`);
  }
});

test("the page's options: theme, colour, custom properties, parts", async () => {
  await stage.fresh({ colorScheme: "dark" });
  const colour = (css, property) => stage.page.locator(`inlay-widget ${css}`).first().evaluate((one, property) => getComputedStyle(one)[property], property);
  await stage.open(`${LOADER}<inlay-widget data-theme="light" data-primary-color="#1d4ed8"></inlay-widget>`);
  await stage.show(TREES.Card);
  assert.equal(await colour(".iw-card", "backgroundColor"), "rgb(255, 255, 255)");
  await stage.page.waitForFunction(() => getComputedStyle(document.querySelector("inlay-widget").shadowRoot.querySelector(".bv-solid")).backgroundColor == "rgb(29, 78, 216)");
  assert.equal(await colour(".bv-solid", "color"), "rgb(255, 255, 255)");
  await stage.shot("option-light-blue");
  await stage.page.evaluate(() => document.querySelector("inlay-widget").setAttribute("data-primary-color", "#ffdd00"));
  await stage.page.waitForFunction(() => getComputedStyle(document.querySelector("inlay-widget").shadowRoot.querySelector(".bv-solid")).color == "rgb(0, 0, 0)");
  await stage.page.evaluate(() => document.querySelector("inlay-widget").setAttribute("data-theme", "auto"));
  assert.equal(await colour(".iw-card", "backgroundColor"), "rgb(28, 28, 31)");
  await stage.page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("inlay-widget { --inlay-bg: rgb(1, 2, 3); --inlay-radius: 3px } inlay-widget::part(button) { text-transform: uppercase }");
    document.adoptedStyleSheets = [sheet];
  });
  assert.equal(await colour(".iw-card", "backgroundColor"), "rgb(1, 2, 3)");
  assert.equal(await colour(".iw-card", "borderTopLeftRadius"), "3px");
  assert.equal(await colour(".iw-btn", "textTransform"), "uppercase");
  // What is no colour changes nothing.
  await stage.page.evaluate(() => document.querySelector("inlay-widget").setAttribute("data-primary-color", "red}*{display:none"));
  await stage.page.waitForTimeout(100);
  assert.equal(await colour(".iw-card", "display"), "block");
  quiet();
});
