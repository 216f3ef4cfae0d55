// What the client costs where a page is full: 200 cards, and an action that changes one of them. `npm run bench`.
// The middle of many rounds, in headless Chromium; for comparisons on one machine, not for promises.
import { LOADER, raise } from "./stage/stage.mjs";

const CARDS = 200;
const ROUNDS = 60;
const middle = (all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)];
const ms = (value) => `${value.toFixed(2)} ms`;

const stage = await raise();
try {
  await stage.open(`${LOADER}<inlay-widget></inlay-widget>`);
  await stage.show({ type: "Card", children: [{ type: "Text", value: "warm" }, { type: "Button", label: "Go", iconStart: "plus", onClickAction: { type: "go" } }] });
  const figures = await stage.page.evaluate(
    ([cards, rounds]) => {
      const element = document.querySelector("inlay-widget");
      const card = (at, count) => ({
        type: "Row", key: `p${at}`, gap: 3, align: "center",
        children: [
          { type: "Col", flex: 1, children: [{ type: "Text", value: `Product ${at}`, weight: "semibold" }, { type: "Caption", value: `${count} in the cart` }] },
          { type: "Text", value: "€599.00" },
          { type: "Button", label: "Add to cart", size: "sm", onClickAction: { type: "add_to_cart", payload: { productId: `p${at}` } } },
        ],
      });
      const tree = (count, changed) => ({ type: "Card", size: "full", key: "list", children: Array.from({ length: cards }, (_, at) => card(at, at == changed ? count : 0)) });
      // Each step with the layout that it causes.
      const timed = (work) => {
        const began = performance.now();
        work();
        void element.offsetHeight;
        return performance.now() - began;
      };
      const first = [];
      const update = [];
      for (let round = 0; round < rounds; round++) {
        element.show({ type: "Card", children: [] });
        first.push(timed(() => element.show(tree(0, 0))));
        update.push(timed(() => element.show(tree(round + 1, (round * 7) % cards))));
      }
      return { first, update, elements: element.shadowRoot.querySelectorAll("*").length };
    },
    [CARDS, ROUNDS],
  );
  console.log(`${CARDS} cards, ${figures.elements} elements, the middle of ${ROUNDS} rounds`);
  console.log(`  drawn for the first time   ${ms(middle(figures.first))}`);
  console.log(`  updated after an action    ${ms(middle(figures.update))}`);
} finally {
  await stage.stop();
}
