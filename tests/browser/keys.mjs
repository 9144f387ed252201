// A page by keyboard alone: each step presses keys, and says what must have the focus then, by role
// and name, with a ring around it that can be seen.

import assert from "node:assert/strict";

/** What has the focus, also within shadow roots: its role and name as the accessibility tree has
 *  them (`button "Claim"`), and whether its ring shows. */
async function focused(page) {
  const element = page.locator(":focus").last();
  if ((await element.count()) === 0) return { ring: true, said: "the document" };
  const ring = await element.evaluate((it) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(it);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
  });
  const [first] = (await element.ariaSnapshot()).split("\n");
  return { ring, said: first.replace(/^- '?/, "").replace(/'?:?$/, "") };
}

/** A role and a name; the page itself has none. */
const ANYTHING = /^(main$|[a-z]+ ")/;

export class Keys {
  constructor(page) {
    this.page = page;
  }

  /** The focus is on `what`, such as `button "Claim"`, and shows. */
  async at(what) {
    const matches = (said) => (what instanceof RegExp ? what.test(said) : said.startsWith(what));
    let now;
    // The focus follows an answer of the broker now and then: it is waited for.
    for (const end = Date.now() + 10_000; Date.now() < end; await this.page.evaluate(frame)) {
      now = await focused(this.page);
      if (matches(now.said) && now.ring) return;
    }
    assert.ok(matches(now.said), `the focus is on ${now.said}, and not on ${what}`);
    assert.ok(now.ring, `nothing shows that the focus is on ${now.said}`);
  }

  /** Presses a key, and then the focus is there; or at least somewhere, and shows. */
  async press(key, what = ANYTHING) {
    await this.page.keyboard.press(key);
    await this.at(what);
  }

  /** Presses Tab until the focus is there; forty times at most. */
  async tabTo(what, key = "Tab") {
    const passed = [];
    for (let tries = 0; tries < 40; tries += 1) {
      await this.page.keyboard.press(key);
      const { said, ring } = await focused(this.page);
      assert.ok(ring, `nothing shows that the focus is on ${said}`);
      if (what instanceof RegExp ? what.test(said) : said.startsWith(what)) return;
      passed.push(said);
    }
    assert.fail(`by Tab ${what} is not reached, but ${passed.join(", ")}`);
  }

  type(text) {
    return this.page.keyboard.type(text);
  }
}

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
