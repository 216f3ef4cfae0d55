/**
 * `combo.js`: comes with the first select that can be searched. A text field over a list, as the ARIA practices have it; the
 * value is held by a select behind it, so that forms need not know. What is open and what is typed is the elements' own.
 */
import { h, type Props, type V } from "../kit/dom.ts";
import { nodes, some, text, type Node } from "../kit/read.ts";
import type { Cx } from "../nodes/cx.ts";

declare const STYLE: string;
export const style = STYLE;

/** The elements of one, from any of them. */
function parts(event: Event): { field: HTMLInputElement; list: HTMLElement; select: HTMLSelectElement; none: HTMLElement; all: HTMLElement[] } {
  const root = (event.currentTarget as Element).closest(".iw-combo")!;
  const [field, list, select, none] = ["input", "ul", "select", "p"].map((tag) => root.querySelector(tag));
  return { field, list, select, none, all: [...list!.children] } as ReturnType<typeof parts>;
}

type Parts = ReturnType<typeof parts>;

const plain = (words: string): string => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const labelOf = (select: HTMLSelectElement): string => (select.value ? (select.selectedOptions[0]?.label ?? "") : "");
const shown = ({ all }: Parts): HTMLElement[] => all.filter((one) => !one.hidden);

/** In the top layer, so that no card cuts it off; below the field, or above it where there is more room. */
function float({ field, list, none }: Parts, wanted: HTMLElement | undefined): void {
  for (const one of [list, none]) if (one != wanted && isUp(one)) one.hidePopover();
  field.setAttribute("aria-expanded", String(wanted == list));
  if (!wanted) return;
  if (!isUp(wanted)) wanted.showPopover();
  const { left, top, bottom, width } = field.getBoundingClientRect();
  const above = innerHeight - bottom < Math.min(wanted.offsetHeight, top);
  Object.assign(wanted.style, { left: `${left}px`, width: `${width}px`, top: above ? "auto" : `${bottom + 4}px`, bottom: above ? `${innerHeight - top + 4}px` : "auto" });
}

const isUp = (one: HTMLElement): boolean => one.matches(":popover-open");

function mark({ field, all }: Parts, active: HTMLElement | undefined): void {
  for (const one of all) one.classList.toggle("iw-active", one == active);
  if (active) field.setAttribute("aria-activedescendant", active.id);
  else field.removeAttribute("aria-activedescendant");
  active?.scrollIntoView({ block: "nearest" });
}

/** Shows what fits the words; all of it where they are what is chosen. */
function open(p: Parts): void {
  const { field, list, select, none, all } = p;
  const words = field.value == labelOf(select) ? "" : plain(field.value.trim());
  for (const one of all) {
    one.hidden = !plain(one.textContent ?? "").includes(words);
    one.setAttribute("aria-selected", String(one.dataset.value == select.value));
  }
  float(p, shown(p).length ? list : none);
  mark(p, words ? shown(p).find(isOn) : undefined);
}

const isOn = (one: HTMLElement): boolean => one.ariaDisabled != "true";

function close(p: Parts): void {
  float(p, undefined);
  mark(p, undefined);
}

function choose(p: Parts, value: string): void {
  const { field, select } = p;
  const changed = select.value != value;
  select.value = value;
  field.value = labelOf(select);
  close(p);
  if (changed) select.dispatchEvent(new Event("change"));
}

/** Leaving takes what is spelled out in full; nothing typed is nothing chosen; else it is as it was. */
function leave(p: Parts): void {
  const { field, select, all } = p;
  const words = plain(field.value.trim());
  const exact = all.find((one) => isOn(one) && plain(one.dataset.label ?? "") == words);
  const empty = !words && select.options[0]?.value == "";
  choose(p, exact?.dataset.value ?? (empty ? "" : select.value));
}

function onkeydown(event: Event): void {
  const { key, altKey } = event as KeyboardEvent;
  const p = parts(event);
  const able = shown(p).filter(isOn);
  const at = able.findIndex((one) => one.classList.contains("iw-active"));
  const isOpen = isUp(p.list);
  if (key == "ArrowDown" || key == "ArrowUp") {
    event.preventDefault();
    if (!isOpen) open(p);
    const now = isOpen ? able : shown(p).filter(isOn);
    const step = key == "ArrowDown" ? at + 1 : at < 0 ? now.length - 1 : at - 1;
    if (now.length && !altKey) mark(p, now[(step + now.length) % now.length]);
  } else if (key == "Enter" && isOpen) {
    event.preventDefault();
    choose(p, able[at]?.dataset.value ?? p.select.value);
  } else if (key == "Escape" && (isOpen || isUp(p.none))) {
    event.stopPropagation();
    choose(p, p.select.value);
  }
}

function combo(n: Node, cx: Cx, own: Props, native: V): V {
  const list = `${own.id}l`;
  const { name: _name, "data-name": _data, ...named } = own;
  const chosen = nodes(n.options).find((one) => text(one.value) == text(n.defaultValue) && text(one.value));
  const options = nodes(n.options).filter(() => cx.spend()).map((one, at) => {
    const [value, label, more] = [text(one.value), some(one.label) ?? text(one.value), some(one.description)];
    const shown = label + (more ? ` – ${more}` : "");
    return h(
      "li",
      {
        key: value, id: `${list}${at}`, role: "option", "data-value": value, "data-label": shown, "aria-disabled": one.disabled === true && "true", "aria-selected": "false",
        // The field keeps the focus.
        onpointerdown: (event) => event.preventDefault(),
        onclick: (event) => isOn(event.currentTarget as HTMLElement) && choose(parts(event), value),
      },
      shown,
    );
  });
  const label = chosen && (some(chosen.label) ?? text(chosen.value)) + (some(chosen.description) ? ` – ${some(chosen.description)}` : "");
  return h(
    "div",
    { class: "iw-combo" },
    h("input", {
      type: "text", ...named, role: "combobox", "aria-expanded": "false", "aria-controls": list, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
      value: label, placeholder: some(n.placeholder) ?? cx.at.t("Choose…"),
      onclick: (event) => open(parts(event)), oninput: (event) => open(parts(event)), onblur: (event) => leave(parts(event)), onkeydown,
      // The page moves away below it.
      onwheel: (event) => close(parts(event)),
    }),
    h("ul", { id: list, role: "listbox", popover: "manual", "aria-label": some(n.placeholder) ?? cx.at.t("Choose…") }, options),
    h("p", { popover: "manual", role: "status" }, cx.at.t("Nothing fits")),
    native,
  );
}

export const late = { combo };
