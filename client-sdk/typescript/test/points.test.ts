// Every point of `behavior.md` has a test here, named with its number.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../../", import.meta.url);

/** Points that a page cannot have, or that this whole folder is. */
const NOT_HERE = new Map([
  ["2.6", "browsers do not tell the status of a refused upgrade"],
  ["7.6", "each of these tests holds time, chance, ids and transport in its hand"],
]);

test("each point of the specification is tested, and each number is one of its points", () => {
  const page = readFileSync(new URL("behavior.md", root), "utf8");
  const points = [...page.matchAll(/^\| (\d+\.\d+) \|/gm)].map(([, point]) => point);
  const tests = new URL("typescript/test/", root);
  const tested = readdirSync(tests).flatMap((name) => {
    const text = readFileSync(new URL(name, tests), "utf8");
    const titles = [...text.matchAll(/^test\("((?:\d+\.\d+ )+)/gm)];
    return titles.flatMap(([, numbers]) => (numbers ?? "").trim().split(" "));
  });
  assert.ok(points.length > 40, "the page lists its points");
  const lacking = points.filter((it) => it && !tested.includes(it) && !NOT_HERE.has(it));
  assert.deepEqual(lacking, []);
  assert.deepEqual(tested.filter((it) => !points.includes(it)), []);
});
