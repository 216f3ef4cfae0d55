/** How an action's widget meets the one that is shown: in its place, or as more of it. */
import { list, node, nodes, str, type Node } from "../kit/read.ts";

const DEEPEST = 64;
const keyOf = (n: Node): string | undefined => str(n.key) ?? str(n.id);

/**
 * "append": its children come behind those that are shown. "patch": its children take the place of those of the same key,
 * wherever they stand, and the root's other members change. In both, a child whose key is there already replaces it.
 */
export function meet(mode: unknown, shown: Node | undefined, fresh: unknown): unknown {
  const next = node(fresh);
  if (!shown || !next || (mode != "append" && mode != "patch")) return fresh;
  const { children: more, ...own } = next;
  const keyed = new Map(nodes(more).map((kid) => [keyOf(kid), kid]));
  keyed.delete(undefined);
  const used = new Set<Node>();
  const exchanged = (n: Node, depth: number): Node => {
    const kids = list(n.children).map((kid) => {
      const one = node(kid);
      const other = one && keyed.get(keyOf(one));
      if (other) used.add(other);
      return other ?? (one && depth ? exchanged(one, depth - 1) : kid);
    });
    return n.children ? { ...n, children: kids } : n;
  };
  const merged = exchanged(shown, mode == "patch" ? DEEPEST : 0);
  return { ...merged, ...(mode == "patch" ? own : {}), children: [...list(merged.children), ...nodes(more).filter((kid) => !used.has(kid))] };
}
