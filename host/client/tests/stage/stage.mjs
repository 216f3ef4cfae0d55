// What the browser tests stand on: the real host, a page of another origin under a strict policy, and Chromium.
import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const here = (path) => new URL(path, import.meta.url).pathname;
const repo = here("../../../../");
const BIN = process.env.HOST_BIN ?? join(repo, "target/debug/inlay");
const SHOTS = join(repo, "target/screenshots/client");
const AXE = readFileSync(here("../../node_modules/axe-core/axe.min.js"), "utf8");

const listen = (handler) =>
  new Promise((done) => {
    const server = createServer(handler).listen(0, "127.0.0.1", () => done({ server, url: `http://127.0.0.1:${server.address().port}` }));
  });
const freePort = async () => {
  const { server, url } = await listen(() => {});
  await new Promise((done) => server.close(done));
  return new URL(url).port;
};

/** The real host on a data folder of its own. With CLIENT_DIST=1 the client is read from dist/, without a rebuild. */
async function startHost(origin, project) {
  const data = mkdtempSync(join(tmpdir(), "inlay-client-"));
  const verb = project ? ["dev", project] : ["serve"];
  const port = await freePort();
  // A setting of the machine is none of the test's.
  const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("INLAY_")));
  const child = spawn(BIN, [...verb, "--listen", `127.0.0.1:${port}`, "--data", data], {
    env: { ...plain, INLAY_SERVER_CORS_ORIGINS: origin, INLAY_LIMITS_PER_IP: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  const real = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 600) throw new Error(`the host does not start: ${log}`);
    if (await fetch(`${real}/readyz`).then((answer) => answer.ok, () => false)) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  const front = await startFront(real, port);
  const stop = async () => {
    front.server.closeAllConnections();
    front.server.close();
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  return Object.assign(front, { stop });
}

/** Stands before the host and can be told to fail: `front.before = (request, answer, pass) => …`. */
async function startFront(real, port) {
  const front = { before: undefined, seen: [] };
  const { server, url } = await listen((asked, answer) => {
    const pass = () => {
      const file = /^\/static\/([a-z]+\.js)/.exec(asked.url)?.[1];
      if (file && process.env.CLIENT_DIST) {
        answer.writeHead(200, { "content-type": "text/javascript", "access-control-allow-origin": "*" });
        return answer.end(readFileSync(here(`../../dist/${file}`)));
      }
      const onward = request({ host: "127.0.0.1", port, path: asked.url, method: asked.method, headers: asked.headers }, (got) => {
        answer.writeHead(got.statusCode, got.headers);
        got.pipe(answer);
      });
      onward.on("error", () => answer.destroy());
      asked.pipe(onward);
    };
    front.seen.push({ method: asked.method, url: asked.url, headers: asked.headers });
    front.before ? front.before(asked, answer, pass) : pass();
  });
  return Object.assign(front, { server, url, real });
}

/** A page of another origin under the strictest policy. What stands in its body is the test's. */
async function startSite() {
  const site = { body: "", host: "", strict: true, reports: [], foreign: [], pictures: [] };
  const { server, url } = await listen((asked, answer) => {
    if (asked.url.startsWith("/csp")) {
      let text = "";
      asked.on("data", (piece) => (text += piece));
      asked.on("end", () => (site.reports.push(text), answer.writeHead(204).end()));
      return;
    }
    if (asked.url !== "/") return void answer.writeHead(404).end();
    const policy = [
      "default-src 'none'", "script-src 'nonce-n0nce' 'strict-dynamic'", "style-src 'none'", `connect-src ${site.host}`,
      `img-src ${site.host} data:`, "base-uri 'none'", "form-action 'none'", "frame-src 'none'", "require-trusted-types-for 'script'",
      "trusted-types 'none'", "report-uri /csp",
    ].join("; ");
    answer.writeHead(200, { "content-type": "text/html; charset=utf-8", ...(site.strict ? { "content-security-policy": policy } : {}) });
    const body = site.body.replaceAll("HOST", site.host).replaceAll("<script", '<script nonce="n0nce"');
    answer.end(`<!doctype html><html lang="en"><head><meta name="color-scheme" content="light dark"><title>Shop</title></head><body><main><h1>A page</h1>${body}</main></body></html>`);
  });
  return Object.assign(site, { server, url });
}

const CHROMIUM = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser"].find((path) => path && existsSync(path));

/** Everything together. With `project`, the host is an author's, at work on that folder. `stage.page` is a tab; `stage.open(body)` brings a page with that body. */
export async function raise({ project } = {}) {
  if (!CHROMIUM) throw new Error("no Chromium here (Debian: apt-get install chromium)");
  const site = await startSite();
  const host = await startHost(site.url, project);
  site.host = host.url;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  const stage = { site, host, browser, page: undefined, errors: [] };
  stage.fresh = async (options = {}) => {
    await stage.page?.context().close();
    const context = await browser.newContext({ viewport: { width: 900, height: 900 }, reducedMotion: "reduce", ...options });
    stage.page = await context.newPage();
    stage.page.setDefaultTimeout(15_000);
    stage.page.on("pageerror", (error) => stage.errors.push(String(error)));
    stage.page.on("request", (asked) => {
      const { protocol, origin } = new URL(asked.url());
      if (protocol === "data:" || protocol === "blob:" || origin === site.url || origin === host.url) return;
      // Pictures are what widgets show, also those of others; the page's policy decides.
      (asked.resourceType() === "image" && !site.strict ? site.pictures : site.foreign).push(asked.url());
    });
    return stage.page;
  };
  stage.open = async (body) => {
    site.body = body;
    await stage.page.goto(site.url);
    // The page has a ground of its own, by which axe-core judges contrast.
    await stage.page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("html { background: Canvas; color: CanvasText; font-family: sans-serif }");
      document.adoptedStyleSheets = [sheet];
    });
  };
  /** Shows a tree in the page's first element, as the page itself would. */
  stage.show = async (tree) => {
    await stage.page.evaluate(async (tree) => {
      await Promise.race([customElements.whenDefined("inlay-widget"), new Promise((_, fail) => setTimeout(fail, 10_000, new Error("the loader does not come")))]);
      document.querySelector("inlay-widget").show(tree);
    }, tree);
    await stage.page.waitForFunction(() => document.querySelector("inlay-widget").shadowRoot?.querySelector(".iw:not(.iw-wait)"));
    await stage.page.evaluate(() => new Promise((done) => setTimeout(done, 30)));
  };
  stage.shot = async (name) => {
    mkdirSync(SHOTS, { recursive: true });
    await stage.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  };
  /** The page's widgets as a small picture of the documentation, where PICTURES is set. */
  stage.picture = async (name) => {
    if (!process.env.PICTURES) return;
    const clip = await stage.page.evaluate(() => {
      const { x, y, width, height } = document.querySelector("main").getBoundingClientRect();
      return { x: x + scrollX, y: y + scrollY, width, height, scale: 1 };
    });
    const devtools = await stage.page.context().newCDPSession(stage.page);
    const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 82, clip, captureBeyondViewport: true });
    mkdirSync(join(repo, "docs/images"), { recursive: true });
    writeFileSync(join(repo, `docs/images/${name}.webp`), Buffer.from(data, "base64"));
  };
  /** What axe-core finds against WCAG 2.2 A and AA, in words. Of forced colours it sees those that are not in force. */
  stage.axe = async () => {
    await stage.page.evaluate(AXE);
    return stage.page.evaluate(async () => {
      const rules = { "color-contrast": { enabled: !matchMedia("(forced-colors: active)").matches } };
      const found = await axe.run(document, { rules, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] });
      return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.flat().join(" ")}: ${node.failureSummary}`));
    });
  };
  stage.stop = async () => {
    await browser.close();
    await host.stop();
    site.server.closeAllConnections();
    site.server.close();
  };
  await stage.fresh();
  return stage;
}

export const LOADER = '<script async src="HOST/static/widget.js"></script>';
