/**
 * Elements as values, and the differ that makes the page like them.
 *
 * Nodes are made by `createElement` and `createTextNode` alone, so no text can become markup. Form controls are
 * uncontrolled: what is set are the attributes that say how a control begins, and the browser itself keeps what was
 * typed since.
 */
export type Handler = (event: Event) => void;
export type Value = string | number | boolean | null | undefined | Handler;
export type Props = Record<string, Value>;
export type Kid = V | string;
export type Kids = Kid | false | null | undefined | Kids[];

/** An element that is wanted: tag, props, kids, and the key that tells it from its neighbours. */
export interface V {
  t: string;
  p: Props;
  c: Kid[];
  k: Value;
}

const SVG = "http://www.w3.org/2000/svg";

/** Attributes as props; functions are handlers (`onclick`); `false`, `null` and `undefined` are attributes not there. */
export function h(t: string, props?: Props | null, ...kids: Kids[]): V {
  const { key: k, ...p } = props ?? {};
  const c = (kids as unknown[]).flat(9).filter((kid) => kid || kid === "") as Kid[];
  return { t, p, c, k };
}

/** What the differ made: for each parent its nodes by name, for each element its props. */
const live = new WeakMap<Node, Map<string, ChildNode>>();
const worn = new WeakMap<Node, Props>();
let active: Element | null;

/** Makes the children of `parent` those of `kids`, keeping every node whose tag and key are still wanted. */
export function render(parent: Element | ShadowRoot, kids: Kid[]): void {
  active = (parent.getRootNode() as Document | ShadowRoot).activeElement;
  patch(parent, kids);
}

function patch(parent: Element | ShadowRoot, kids: Kid[]): void {
  const before = live.get(parent);
  if (!before && !kids.length) return;
  const after = new Map<string, ChildNode>();
  for (const kid of kids) {
    const base = typeof kid == "string" ? "" : `${kid.t} ${kid.p.type} ${kid.k}`;
    let nth = 0;
    while (after.has(base + nth)) nth++;
    const name = base + nth;
    let node = before?.get(name);
    before?.delete(name);
    if (typeof kid == "string") {
      if (!node) node = document.createTextNode(kid);
      else if ((node as Text).data != kid) (node as Text).data = kid;
    } else {
      node ??= document.createElementNS(kid.t == "svg" ? SVG : (parent as Element).namespaceURI ?? XHTML, kid.t);
      wear(node as Element, kid.p);
      patch(node as Element, kid.c);
    }
    after.set(name, node);
  }
  before?.forEach((gone) => gone.remove());
  let at = parent.firstChild;
  for (const node of after.values()) {
    if (node != at) {
      if (!node.contains(active)) {
        parent.insertBefore(node, at);
        continue;
      }
      // A node that is moved loses its focus, so the one that holds it stays and the others go round it.
      while (at && at != node) {
        const other: ChildNode = at;
        at = at.nextSibling;
        parent.appendChild(other);
      }
    }
    at = node.nextSibling;
  }
  live.set(parent, after);
}

const XHTML = "http://www.w3.org/1999/xhtml";

function wear(element: Element, props: Props): void {
  const old = worn.get(element) ?? {};
  for (const name in { ...old, ...props }) {
    const value = props[name];
    if (value === old[name]) continue;
    if (typeof (value ?? old[name]) == "function") {
      (element as unknown as Props)[name] = value ?? null;
    } else if (value == null || value === false) {
      element.removeAttribute(name);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  worn.set(element, props);
}
