import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../stage/load.mjs";

const { markdown, safeUrl } = await load('export { markdown } from "./kit/markdown.ts"; export { safeUrl } from "./kit/url.ts";');
const links = {
  url: (raw, picture) => safeUrl(raw, "https://inlay.example/", picture),
  table: (...kids) => ({ t: "table", p: {}, c: kids }),
  level: 2,
};
const shown = (kid) =>
  typeof kid === "string" ? kid : `<${kid.t}${kid.p.href ? ` ${kid.p.href}` : ""}${kid.p.src ? ` ${kid.p.src}` : ""}${kid.p.start ? ` ${kid.p.start}` : ""}>${kid.c.map(shown).join("")}</${kid.t}>`;
const read = (text) => markdown(text, links).map(shown).join("");

test("blocks", () => {
  for (const [text, expected] of [
    ["# One\n\ntwo\nthree", "<h3>One</h3><p>two\nthree</p>"],
    ["a\n\n---\n\nb", "<p>a</p><hr></hr><p>b</p>"],
    ["- a\n- b\n  - c\n- d", "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>"],
    ["3. a\n4. b", "<ol 3><li>a</li><li>b</li></ol>"],
    ["- [ ] a\n- [x] b", "<ul><li>☐ a</li><li>☑ b</li></ul>"],
    ["> a\n> - b", "<blockquote><p>a</p><ul><li>b</li></ul></blockquote>"],
    ["```js\n<b>\n\n*a*\n```\nx", "<pre><code><b>\n\n*a*\n</code></pre><p>x</p>"],
    ["| a | b |\n|---|:-:|\n| 1 | *2* |", "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td><em>2</em></td></tr></tbody></table>"],
    ["text\n# head", "<p>text</p><h3>head</h3>"],
    ["", ""],
  ]) {
    assert.equal(read(text), expected, text);
  }
});

test("within a line", () => {
  for (const [text, expected] of [
    ["**a** *b* _c_ __d__ ~~e~~ `f`", "<p><strong>a</strong> <em>b</em> <em>c</em> <strong>d</strong> <del>e</del> <code>f</code></p>"],
    ["snake_case_name 2*3*4", "<p>snake_case_name 2<em>3</em>4</p>"],
    ["**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"],
    ["[a](https://b.example/c_(d))", "<p><a https://b.example/c_(d)>a</a></p>"],
    ["[a](/x \"title\") ![p](/p.png)", "<p><a https://inlay.example/x>a</a> <img https://inlay.example/p.png></img></p>"],
    ["<https://a.example> <me@a.example>", "<p><a https://a.example/>https://a.example</a> <a mailto:me@a.example>me@a.example</a></p>"],
    ["\\*a\\* a  \nb", "<p>*a* a<br></br>b</p>"],
    ["<script>alert(1)</script> &amp;", "<p><script>alert(1)</script> &amp;</p>"],
    ["[a](javascript:alert(1)) ![b](data:text/html,x)", "<p>a b</p>"],
    ["[a](  JaVa\tScRiPt:x)", "<p>[a](  JaVa    ScRiPt:x)</p>"],
  ]) {
    assert.equal(read(text), expected, text);
  }
});

test("no text takes long", () => {
  const began = Date.now();
  for (const piece of ["*", "_a", "**a*", "`", "[", "[a](", "~~a", "<a@", "> ", "- ", "|-", "![a](", "\\", "(", "__a_", "``a`", "[[]", "1. "]) {
    read(piece.repeat(Math.floor(65_000 / piece.length)));
  }
  assert.ok(Date.now() - began < 60_000, `${Date.now() - began} ms`);
});

test("only allowed schemes pass", () => {
  const base = "https://inlay.example/";
  for (const url of ["javascript:alert(1)", " JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\u0001javascript:alert(1)", "vbscript:x", "data:text/html,<script>", "file:///etc/passwd", "blob:x", "filesystem:x", "view-source:x", "", "  ", "http://[", 7, null]) {
    assert.equal(safeUrl(url, base), undefined, String(url));
    assert.equal(safeUrl(url, base, true), undefined, String(url));
  }
  assert.equal(safeUrl("/a?b#c", base), "https://inlay.example/a?b#c");
  assert.equal(safeUrl("mailto:a@b.example", base), "mailto:a@b.example");
  assert.equal(safeUrl("mailto:a@b.example", base, true), undefined);
  assert.ok(safeUrl("data:image/png;base64,AA", base, true));
  assert.equal(safeUrl("data:image/png;base64,AA", base), undefined);
});
