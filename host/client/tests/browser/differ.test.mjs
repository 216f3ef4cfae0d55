// The differ against random pairs of trees, in a real browser: patching gives what rendering afresh gives, nodes with a key
// are kept, and neither the focus nor what was typed is lost.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { script } from "../stage/load.mjs";
import { raise } from "../stage/stage.mjs";

let stage;
before(async () => (stage = await raise()));
after(() => stage.stop());

const SOURCE = `
  import fc from "fast-check";
  import { h, render } from "./kit/dom.ts";

  const attributes = fc.dictionary(fc.constantFrom("class", "title", "data-a", "hidden", "lang"), fc.oneof(fc.string(), fc.boolean(), fc.nat(), fc.constant(null)), { maxKeys: 3 });
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: "small", withCrossShrink: true }, fc.string({ maxLength: 5 }), tie("node")),
    node: fc.record({ t: fc.constantFrom("div", "p", "span", "ul", "input", "svg", "button"), p: attributes, k: fc.oneof(fc.constant(undefined), fc.constantFrom("a", "b", "c", "d", "e")), c: fc.array(tie("tree"), { maxLength: 6 }) }),
  }));
  const make = (one) => (typeof one == "string" ? one : h(one.t, { ...one.p, key: one.k }, one.t == "input" ? [] : one.c.map(make)));
  const lists = fc.array(tree, { maxLength: 8 });
  const fresh = (kids) => { const at = document.createElement("div"); render(at, kids.map(make)); return at; };

  export function pairs(runs) {
    let seen = 0;
    fc.assert(fc.property(lists, lists, lists, (one, two, three) => {
      seen++;
      const at = fresh(one);
      for (const next of [two, three, two]) {
        render(at, next.map(make));
        if (!at.isEqualNode(fresh(next))) throw new Error(at.innerHTML + " is not " + fresh(next).innerHTML);
      }
    }), { numRuns: runs });
    return seen;
  }

  // A keyed field among random neighbours, before and after.
  const around = fc.array(fc.record({ k: fc.constantFrom("n1", "n2", "n3", "n4", "n5", "n6"), t: fc.constantFrom("p", "div", "ul") }), { maxLength: 7 });
  export function focus(runs) {
    let seen = 0;
    fc.assert(fc.property(around, around, around, around, fc.boolean(), (a, b, c, d, deep) => {
      seen++;
      const host = document.createElement("div");
      document.body.append(host);
      const at = host.attachShadow({ mode: "open" });
      const list = (before, after) => {
        const field = h("input", { key: "field", value: "as it began", class: before.length });
        const rest = (some) => some.map((one) => h(one.t, { key: one.k }, one.k));
        return [...rest(before), deep ? h("section", { key: "deep" }, h("i"), field) : field, ...rest(after)];
      };
      render(at, list(a, b));
      const field = at.querySelector("input");
      let blurred = 0;
      field.onblur = () => blurred++;
      field.focus();
      field.value = "as it was typed";
      field.setSelectionRange(2, 5);
      for (const next of [list(c, d), list(d, c), list(b, a)]) {
        render(at, next);
        const now = at.querySelector("input");
        if (now != field || at.activeElement != field || blurred) throw new Error("focus lost");
        if (field.value != "as it was typed" || field.selectionStart != 2 || field.selectionEnd != 5) throw new Error("typed text lost");
      }
      host.remove();
    }), { numRuns: runs });
    return seen;
  }

  export function handlers() {
    const at = document.createElement("div");
    const heard = [];
    render(at, [h("button", { onclick: () => heard.push(1) })]);
    at.firstChild.click();
    render(at, [h("button", { onclick: () => heard.push(2) })]);
    at.firstChild.click();
    render(at, [h("button")]);
    at.firstChild.click();
    return heard;
  }
`;

test("700 random pairs: patching equals rendering afresh", async () => {
  await stage.open("");
  await stage.page.evaluate(`${await script(SOURCE, "differ")}; globalThis.differ = differ`);
  assert.equal(await stage.page.evaluate(() => differ.pairs(700)), 700);
});

test("500 random pairs: focus, selection and typed text survive", async () => {
  assert.equal(await stage.page.evaluate(() => differ.focus(500)), 500);
});

test("handlers are exchanged and taken away", async () => {
  assert.deepEqual(await stage.page.evaluate(() => differ.handlers()), [1, 2]);
});
