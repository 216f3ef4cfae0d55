// Sources of the client for tests: as a module for Node, or as a script for a page.
import { build } from "esbuild";

const here = (path) => new URL(path, import.meta.url).pathname;

async function bundled(contents, format, globalName) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: here("../.."), loader: "ts" }, bundle: true, write: false, format, globalName, target: "es2022", define: { STYLE: '""' },
  });
  return outputFiles[0].text;
}

export const load = async (contents) => import(`data:text/javascript,${encodeURIComponent(await bundled(contents, "esm"))}`);
export const script = (contents, globalName) => bundled(contents, "iife", globalName);
