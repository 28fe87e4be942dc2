// The little that cases in browser modules need: named tests, and assertions with the expected value first.

const cases = [];

export function test(name, run) {
  cases.push({ name, run });
}

/** Run every case and return {passed, failed: ["name: what went wrong", ...]}. */
export function outcome() {
  const failed = [];
  for (const { name, run } of cases) {
    try {
      run();
    } catch (error) {
      failed.push(`${name}: ${error.message}`);
    }
  }
  return { passed: cases.length - failed.length, failed };
}

function same(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}

function check(holds, expected, found) {
  if (!holds) throw new Error(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
}

export const assert = {
  ok: (found) => check(Boolean(found), true, found),
  equal: (expected, found) => check(Object.is(expected, found), expected, found),
  deepEqual: (expected, found) => check(same(expected, found), expected, found),
};
