// What a page loads of this SDK.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const MOST_BYTES = 12 * 1024;

test("the whole SDK is under 12 KB, minified and gzipped, and needs nothing else", async () => {
  const index = fileURLToPath(new URL("../src/index.js", import.meta.url));
  const options = { bundle: true, minify: true, format: "esm", target: "es2022" } as const;
  const built = await build({ entryPoints: [index], write: false, metafile: true, ...options });
  const imported = Object.values(built.metafile.inputs).flatMap((it) => it.imports);
  assert.deepEqual(imported.filter((it) => it.external), []);
  const [file] = built.outputFiles;
  assert.ok(file);
  const bytes = gzipSync(file.contents, { level: 9 }).length;
  assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
  console.log(`${bytes} bytes`);
});
