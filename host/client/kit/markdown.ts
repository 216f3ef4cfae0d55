/**
 * A safe subset of Markdown, read into plain values: raw HTML stays the text it is. Nesting and the length of what a
 * mark may span are bounded, so that no text takes long to read.
 */
import { h, type Kid, type V } from "./dom.ts";

export interface Links {
  /** The address that may be followed, or shown as a picture; `undefined` where the scheme is not allowed. */
  url: (raw: string, picture?: boolean) => string | undefined;
  table: (...kids: V[]) => V;
  /** The level of `#`. */
  level: number;
}

const INLINE = new RegExp(
  [
    /\\([!-/:-@[-`{-~])/, // 1 an escaped mark
    String.raw`(?<!\`)(\`{1,9})(?!\`)([^]{0,999}?[^\`])\2(?!\`)`, // 2, 3 code
    /(!?)\[((?:[^[\]\\]|\\.|\[[^[\]]{0,99}\]){0,999})\]\(\s*(<[^<>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+(?:"[^"]{0,299}"|'[^']{0,299}'))?\s*\)/, // 4-6 link, picture
    /<((?:https?:\/\/|mailto:)[^\s<>]{1,999})>/, // 7 an address
    /<([\w.+-]{1,99}@[\w-]{1,99}(?:\.[\w-]{1,99})+)>/, // 8 an e-mail address
    String.raw`(\*\*|__)(?=\S)([^]{0,999}?\S)\9(?!\9?[*_])`, // 9, 10 strong
    /\*(?=[^\s*])((?:[^*]|\*\*[^*]{1,499}\*\*){0,999}?[^\s*])\*(?!\*)/, // 11 emphasis
    /(?<!\w)_(?=[^\s_])([^_]{1,999})_(?!\w)/, // 12 emphasis
    /~~(?=\S)([^]{0,999}?\S)~~/, // 13 struck out
    /(?: {2,}|\\)\n/, // a line end that counts
  ].map((part) => (typeof part == "string" ? part : part.source)).join("|"),
  "g",
);

function inline(text: string, links: Links, depth = 0): Kid[] {
  const kids: Kid[] = [];
  let end = 0;
  const plain = (to: number) => to > end && kids.push(text.slice(end, to));
  for (const found of depth > 8 ? [] : text.matchAll(INLINE)) {
    plain(found.index);
    end = found.index + found[0].length;
    const [, escaped, , code, bang, words, to, address, mail, , strong, star, line, struck] = found;
    const inner = (tag: string, of: string): V => h(tag, null, inline(of, links, depth + 1));
    if (escaped) kids.push(escaped);
    else if (code) kids.push(h("code", null, /^ .*[^ ].* $/.test(code) ? code.slice(1, -1) : code));
    else if (to !== undefined) kids.push(...link(bang!, words!, to.replace(/^<|>$/g, ""), links, depth));
    else if (address || mail) kids.push(...link("", "", address ?? `mailto:${mail}`, links, depth, address ?? mail));
    else if (strong) kids.push(inner("strong", strong));
    else if (star || line) kids.push(inner("em", star ?? line!));
    else if (struck) kids.push(inner("del", struck));
    else kids.push(h("br"));
  }
  plain(text.length);
  return kids;
}

function link(bang: string, words: string, to: string, links: Links, depth: number, shown?: string): Kid[] {
  const url = links.url(to.replace(/\\([!-/:-@[-`{-~])/g, "$1"), !!bang);
  if (bang) return url ? [h("img", { class: "iw-img", alt: words, src: url, loading: "lazy", referrerpolicy: "no-referrer" })] : [words];
  const kids = shown ? [shown] : inline(words, links, depth + 1);
  return url ? [h("a", { href: url, rel: "nofollow noopener noreferrer" }, kids)] : kids;
}

const RULE = /^ {0,3}(?:([-*_])\s*)(?:\1\s*){2,}$/;
const ITEM = /^( {0,3})([-*+]|(\d{1,9})[.)])(?:( {1,4})(.*)|\s*)$/;
const cells = (row: string): string[] => row.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));

export function markdown(text: string, links: Links, depth = 0): V[] {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n");
  const blocks: V[] = [];
  let at = 0;
  /** The lines from here that `wanted` takes, changed by it. */
  const take = (wanted: (line: string, taken: string[]) => string | undefined): string[] => {
    const taken: string[] = [];
    for (let line; at < lines.length && (line = wanted(lines[at]!, taken)) !== undefined; at++) taken.push(line);
    return taken;
  };
  const starts = (line: string): boolean => /^ {0,3}(#{1,6}(\s|$)|>|```|~~~)/.test(line) || RULE.test(line) || (/\S/.test(line.replace(ITEM, "$5")) && ITEM.test(line));
  while (at < lines.length) {
    const line = lines[at]!;
    const heading = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/.exec(line);
    const fence = /^ {0,3}(`{3,}|~{3,})[^`]*$/.exec(line);
    const item = RULE.test(line) ? null : ITEM.exec(line);
    if (!line.trim()) at++;
    else if (heading) {
      at++;
      blocks.push(h(`h${Math.min(links.level + heading[1]!.length, 6)}`, null, inline(heading[2] ?? "", links)));
    } else if (fence) {
      at++;
      const code = take((one) => (one.trim().startsWith(fence[1]!) && !one.trim().replace(/[`~]/g, "") ? undefined : one));
      at++;
      blocks.push(h("pre", { tabindex: 0 }, h("code", null, code.join("\n") + "\n")));
    } else if (RULE.test(line)) {
      at++;
      blocks.push(h("hr", { class: "iw-hr" }));
    } else if (/^ {0,3}>/.test(line) && depth < 8) {
      const inside = take((one) => (/^ {0,3}>/.test(one) ? one.replace(/^ {0,3}> ?/, "") : one.trim() && !starts(one) ? one : undefined));
      blocks.push(h("blockquote", null, markdown(inside.join("\n"), links, depth + 1)));
    } else if (item && depth < 8) {
      blocks.push(listOf(item));
    } else if (/\|/.test(line) && /^[\s|:-]*-[\s|:-]*$/.test(lines[at + 1] ?? "") && /\|/.test(lines[at + 1]!)) {
      const head = cells(line);
      at += 2;
      const rows = take((one) => (one.trim() && !starts(one) ? one : undefined));
      blocks.push(links.table(
        h("thead", null, h("tr", null, head.map((cell) => h("th", { scope: "col" }, inline(cell, links))))),
        h("tbody", null, rows.map((one) => h("tr", null, cells(one).slice(0, head.length).map((cell) => h("td", null, inline(cell, links)))))),
      ));
    } else {
      const taken = take((one, before) => (one.trim() && !(before.length && starts(one)) ? one.trimStart() : undefined));
      const paragraph = inline(taken.join("\n").trimEnd(), links);
      blocks.push(h("p", null, paragraph));
    }
  }
  return blocks;

  function listOf(first: RegExpExecArray): V {
    const kind = first[2]!.slice(-1);
    const items: V[] = [];
    let loose = false;
    while (at < lines.length) {
      const found = RULE.test(lines[at]!) ? null : ITEM.exec(lines[at]!);
      if (!found || found[2]!.slice(-1) != kind) break;
      const indent = found[1]!.length + found[2]!.length + (found[4]?.length ?? 1);
      at++;
      const more = take((one, taken) => {
        if (!one.trim()) return lines[at + 1] !== undefined && /^ /.test(lines[at + 1]!) ? "" : undefined;
        if (one.search(/\S/) >= Math.min(indent, 2)) return one.slice(Math.min(indent, one.search(/\S/)));
        return taken.at(-1) !== "" && !starts(one) ? one : undefined;
      });
      if (lines[at] === "" && ITEM.test(lines[at + 1] ?? "")) {
        loose = true;
        at++;
      }
      const [, done, words = found[5] ?? ""] = /^\[([ xX])\] (.*)/.exec(found[5] ?? "") ?? [];
      const inside = markdown([words, ...more].join("\n"), links, depth + 1);
      if (done) inside[0]?.c.unshift(done == " " ? "☐ " : "☑ ");
      items.push(h("li", null, loose || more.includes("") ? inside : inside.flatMap((block): Kid[] => (block.t == "p" ? block.c : [block]))));
    }
    const start = +(first[3] ?? 1);
    return h(first[3] ? "ol" : "ul", { start: start != 1 && start }, items);
  }
}
