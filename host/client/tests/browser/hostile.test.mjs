// Payloads of our own writing in every text, address and colour of a tree, and in Markdown: nothing runs, nobody else is
// asked, no element comes that we did not make.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LOADER, raise } from "../stage/stage.mjs";
import { TREES } from "../stage/trees.mjs";

let stage;
before(async () => (stage = await raise()));
after(() => stage.stop());

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

/** Elements that the client makes, and addresses that it may name. */
const MADE = new Set("a blockquote br button circle code del details div em figure form g h2 h3 h4 h5 h6 hr img inlay-widget input label li ol option p path pre rect section select span strong summary svg table tbody td text textarea th thead title tr ul".split(" "));

test(`${PAYLOADS.length} payloads in every text of every component`, async () => {
  assert.ok(PAYLOADS.length > 300, `${PAYLOADS.length}`);
  await stage.open(`${LOADER}<inlay-widget></inlay-widget>`);
  await stage.page.evaluate(() => {
    window.alert = () => (window.hit = (window.hit || 0) + 1);
    addEventListener("inlay:action", (event) => event.preventDefault());
  });
  await stage.show({ type: "Card", ...ALL });
  const trees = [ALL, { ...TREES.Card }, { ...TREES.ListView }, { ...TREES.CardCollapsed }];
  for (const payload of PAYLOADS) {
    const found = await stage.page.evaluate(
      async ([trees, made]) => {
        const element = document.querySelector("inlay-widget");
        const faults = [];
        for (const tree of trees) {
          element.show(tree);
          const all = [...element.shadowRoot.querySelectorAll("*")];
          for (const one of all) {
            if (!made.includes(one.localName)) faults.push(`element ${one.localName}`);
            for (const { name, value } of one.attributes) {
              if (/^on|^style$|^srcdoc$|^action$|^formaction$|^xlink/.test(name)) faults.push(`attribute ${name}=${value}`);
              if (/^(href|src)$/.test(name) && !/^(https?:|mailto:|tel:|data:image\/)/i.test(value)) faults.push(`address ${value}`);
              if (name == "src" && /^https?:/.test(value) && one.localName != "img") faults.push(`source ${value}`);
            }
            if (one.childNodes.length && ["script", "style", "iframe"].includes(one.localName)) faults.push("script");
          }
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
  await stage.page.waitForTimeout(300);
  assert.equal(await stage.page.evaluate(() => window.hit ?? 0), 0, "a script ran");
  assert.equal(await stage.page.evaluate(() => Object.keys(Object.prototype).length), 0, "a prototype was changed");
  assert.deepEqual(stage.errors, []);
  assert.equal(stage.page.url(), `${stage.site.url}/`);
  // Pictures of other hosts are pictures, which the page's policy decides on: it stops them here. Nothing else was asked for.
  const blocked = stage.site.reports.map((report) => JSON.parse(report)["csp-report"]);
  assert.deepEqual(blocked.filter((one) => !one["violated-directive"].startsWith("img-src")), []);
  const script = stage.site.foreign.filter((url) => !/^(https?:\/\/(evil\.example|window))/.test(url));
  assert.deepEqual(script, []);
});
