// Payloads of our own writing in every text, address and colour of a tree, and in Markdown: nothing runs, nobody else is
// asked, no element comes that we did not make.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { LOADER, raise } from "../stage/stage.mjs";
import { TREES } from "../stage/trees.mjs";

let stage;
const RUN = "window.hit=(window.hit||0)+1";
const tags = ["img", "svg", "iframe", "video", "audio", "body", "input autofocus", "details open", "marquee", "object", "embed", "math", "style", "link", "form", "select", "textarea", "template", "noscript", "xmp", "base", "meta"];
const events = ["onerror", "onload", "onfocus", "ontoggle", "onstart", "onmouseover", "onanimationstart", "onbegin"];
const schemes = ["javascript:", "JaVaScRiPt:", " javascript:", "\tjavascript:", "java\nscript:", "java\tscript:", "\u0001javascript:", "javascript&colon;", "&#106;avascript:", "vbscript:", "data:text/html,<script>", "data:text/html;base64,PHNjcmlwdD4=", "data:image/svg+xml,<svg onload=", "blob:", "file:///", "view-source:", "filesystem:", "javascript://%0a", "//evil.example/", "https://evil.example/", "\\\\evil.example\\", "https:evil.example", "http://evil.example@"];
const PAYLOADS = [
  ...tags.flatMap((tag) => events.map((event) => `<${tag} src=https://evil.example/x ${event}="${RUN}">`)),
  ...tags.map((tag) => `"'><${tag.split(" ")[0]} src=https://evil.example/y href=https://evil.example/z onerror=${RUN} onload=${RUN}></${tag.split(" ")[0]}>`),
  ...schemes.map((scheme) => `${scheme}${RUN}`),
  ...schemes.flatMap((scheme) => [`[x](${scheme}${RUN})`, `![x](${scheme}${RUN})`, `<${scheme}${RUN}>`, `[![x](${scheme}a)](${scheme}${RUN})`]),
  `<script>${RUN}</script>`, `</script><script>${RUN}</script>`, `<!--><script>${RUN}</script>-->`, `]]><script>${RUN}</script>`, `\${${RUN}}`, `{{${RUN}}}`, `{{constructor.constructor('${RUN}')()}}`,
  `<svg><animate onbegin=${RUN} attributeName=x dur=1s>`, `<svg><use href="https://evil.example/a#b"/></svg>`, `<math><mtext><table><mglyph><style><img src onerror=${RUN}>`, `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `x" onclick="${RUN}`, `x' onclick='${RUN}`, `x onclick=${RUN}`, "`onclick=1`", `" autofocus onfocus="${RUN}`, `[a](x "onclick=${RUN}")`, `[a](x" onclick="${RUN})`, `[a]: javascript:${RUN}\n\n[a]`, `\`\`\`html\n<script>${RUN}</script>\n\`\`\``, `| a |\n|---|\n| <img src=x onerror=${RUN}> |`, `> <script>${RUN}</script>`, `# <iframe srcdoc="<script>parent.hit=1</script>">`, `<a@b.example onclick=${RUN}>`, `<https://evil.example/"onmouseover="${RUN}>`,
  "url(https://evil.example/c)", "red;background:url(https://evil.example/c)", "red}*{background:url(https://evil.example/c)}", "#fff url(https://evil.example/c)", "linear-gradient(red, url(https://evil.example/c))", "linear-gradient(#fff, #000), url(https://evil.example/c)", "image-set('https://evil.example/c' 1x)", "var(--x, url(https://evil.example/c))", "expression(alert(1))", "attr(data-x url)", "color-mix(in srgb, red, url(https://evil.example/c))", "linear-gradient(#fff,#000);behavior:url(https://evil.example/c)", "-moz-element(#a)", "1px;background:url(https://evil.example/c)", "calc(1px);x", "12px/*", "1px}", "</style><script>", "@import 'https://evil.example/c'",
  "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "innerHTML", "srcdoc", "attributes", "children", "parentNode", "submit", "elements", "nodeName", "insertBefore", "\u0000", "\u202e\u2066", "\ud800", "a".repeat(3000), "%00%0a%0d", "&lt;script&gt;", "&#x3c;script&#x3e;",
];

/** The tree with this text in the place of every one that it has, but for types. */
const poison = (value, text) => {
  if (typeof value === "string") return text;
  if (Array.isArray(value)) return value.map((one) => poison(one, text));
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === "type" && /^[A-Z]/.test(one) ? one : poison(one, text)]));
};
const ALL = { type: "Basic", children: Object.values(TREES).flatMap((tree) => (tree.type === "ListView" ? [tree] : tree.children)) };

const project = mkdtempSync(join(tmpdir(), "inlay-hostile-"));
before(async () => {
  // The same trees as a widget of the host: each of their texts is its parameter.
  const sound = Object.entries(TREES).filter(([name]) => name !== "Unknown").flatMap(([, tree]) => (tree.type === "ListView" ? [tree] : tree.children));
  const template = JSON.stringify(poison({ type: "Card", children: sound }, "PAYLOAD")).replaceAll('"PAYLOAD"', "{{ p | tojson }}");
  writeFileSync(join(project, "hostile.widget"), JSON.stringify({ version: "1.0", name: "hostile", template, inlay: { sample: { p: "" } } }));
  stage = await raise({ project });
});
after(async () => {
  await stage.stop();
  rmSync(project, { recursive: true, force: true });
});

/** Elements that the client makes, and addresses that it may name. */
const MADE = new Set("a blockquote br button circle code del details div em figure form g h2 h3 h4 h5 h6 hr img inlay-widget input label li ol option p path pre rect section select span strong summary svg table tbody td text textarea th thead title tr ul".split(" "));

/** What a page must not have, whoever drew it: found in the page. `root` is a document or a shadow root. */
const FAULTS = `(root, made) => {
  const faults = [];
  // A form's own members are shadowed by controls of their names.
  const attributesOf = Object.getOwnPropertyDescriptor(Element.prototype, "attributes").get;
  for (const one of root.querySelectorAll("*")) {
    if (!made.includes(one.localName)) faults.push("element " + one.localName);
    for (const { name, value } of attributesOf.call(one)) {
      if (/^on|^style$|^srcdoc$|^formaction$|^xlink/.test(name) || (name == "action" && value != "/api/widget-action")) faults.push("attribute " + name + "=" + value);
      // As the browser reads it: what has no scheme leads to the page's own host.
      if (/^(href|src)$/.test(name) && URL.canParse(value, "https://own.example/") && !/^(https?:|mailto:|tel:|data:image\\/)/.test(new URL(value, "https://own.example/").href)) faults.push("address " + value);
      if (name == "src" && /^https?:/.test(value) && one.localName != "img") faults.push("source " + value);
    }
    if (one.childNodes.length && ["script", "style", "iframe"].includes(one.localName)) faults.push("script");
  }
  return faults;
}`;

const untouched = async () => {
  await stage.page.waitForTimeout(300);
  assert.equal(await stage.page.evaluate(() => window.hit ?? 0), 0, "a script ran");
  assert.equal(await stage.page.evaluate(() => Object.keys(Object.prototype).length), 0, "a prototype was changed");
  assert.deepEqual(stage.errors.splice(0), []);
};
const armed = async () => {
  await stage.page.evaluate(`globalThis.faultsIn = ${FAULTS}`);
  await stage.page.evaluate(() => {
    window.alert = () => (window.hit = (window.hit || 0) + 1);
    addEventListener("inlay:action", (event) => event.preventDefault());
  });
};

for (const strict of [true, false]) {
  test(`${PAYLOADS.length} payloads in every text of every component, on a page ${strict ? "with the strictest policy" : "without a policy"}`, async () => {
    assert.ok(PAYLOADS.length > 300, `${PAYLOADS.length}`);
    stage.site.strict = strict;
    await stage.fresh();
    // Nobody is really asked, not even for pictures.
    await stage.page.route((url) => ![stage.site.url, stage.host.url].includes(url.origin), (route) => route.abort());
    await stage.open(`${LOADER}<inlay-widget></inlay-widget>`);
    await armed();
    await stage.show({ type: "Card", ...ALL });
    const trees = [ALL, { ...TREES.Card }, { ...TREES.ListView }, { ...TREES.CardCollapsed }];
    for (const payload of PAYLOADS) {
      const found = await stage.page.evaluate(
        async ([trees, made]) => {
          const element = document.querySelector("inlay-widget");
          const faults = [];
          for (const tree of trees) {
            element.show(tree);
            faults.push(...globalThis.faultsIn(element.shadowRoot, made));
            for (const button of element.shadowRoot.querySelectorAll("button, summary")) button.click();
          }
          for (const sheet of element.shadowRoot.adoptedStyleSheets) {
            for (const rule of sheet.cssRules) if (/url\(|@import|image-set|evil/.test(rule.cssText)) faults.push(`rule ${rule.cssText}`);
          }
          return [...new Set(faults)].slice(0, 5);
        },
        [trees.map((tree) => poison(tree, payload)), [...MADE]],
      );
      assert.deepEqual(found, [], payload);
    }
    await untouched();
    assert.equal(stage.page.url(), `${stage.site.url}/`);
    // Pictures of other hosts are pictures, which the page's policy decides on. Nothing else was asked for.
    const blocked = stage.site.reports.splice(0).map((report) => JSON.parse(report)["csp-report"]);
    assert.deepEqual(blocked.filter((one) => !one["violated-directive"].startsWith("img-src")), []);
    const others = stage.site.foreign.splice(0).filter((url) => !strict || !/^(https?:\/\/(evil\.example|window))/.test(url));
    assert.deepEqual(others, []);
  });
}

test(`${PAYLOADS.length} payloads in every text of every component, in plain HTML without its policy`, async () => {
  stage.site.strict = false;
  await stage.fresh();
  await stage.page.route((url) => url.origin !== stage.host.url, (route) => route.abort());
  const site = new Set([...MADE, ..."html head body meta title link header nav main footer rect h1".split(" ")]);
  const refused = [];
  for (const payload of PAYLOADS) {
    const page = await fetch(`${stage.host.url}/api/widget/hostile?${new URLSearchParams({ p: payload })}`, { headers: { accept: "text/html" } });
    // What cannot be part of an address is refused before it is shown.
    if (page.status !== 200) {
      refused.push(`${page.status} ${payload}`);
      continue;
    }
    await stage.page.setContent(await page.text(), { waitUntil: "domcontentloaded" });
    await armed();
    const found = await stage.page.evaluate((made) => [...new Set(globalThis.faultsIn(document, made))].slice(0, 5), [...site]);
    assert.deepEqual(found, [], payload);
    assert.equal(await stage.page.evaluate(() => window.hit ?? 0), 0, payload);
  }
  assert.ok(refused.length < 5, refused.join("\n"));
  await untouched();
  assert.deepEqual(stage.site.foreign.splice(0), []);
});
