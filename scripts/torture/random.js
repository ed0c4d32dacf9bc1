/** A generator of numbers that a seed repeats: mulberry32. */
export function randomOf(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end) => Math.floor(next() * end)
  const pick = (list) => list[below(list.length)]
  return { next, below, pick, chance: (share) => next() < share }
}

/** Texts and numbers that have broken programs before. */
export const EVIL_TEXTS = [
  '',
  ' ',
  '-',
  '--',
  '0',
  '-1',
  'NaN',
  'Infinity',
  '1e308',
  '9'.repeat(400),
  '1..',
  '..',
  '1..0',
  '0x10',
  '\u0000',
  '\ufeff',
  'toString',
  '__proto__',
  'constructor',
  'valueOf',
  '../../../etc/passwd',
  '/dev/null',
  '\u001b[31mred\u001b[0m',
  'a\nBenchmarkForged 1 1 ns/op',
  'a|b|c\n# Heading',
  '=1+1',
  '@SUM(A1)',
  '<script>alert(1)</script>',
  '</script>',
  ',",\n',
  'ı',
  'İ',
  '\u202e',
  '💥',
  '$(x)',
  '`x`',
  '%s%n',
]
export const EVIL_VALUES = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  0.1,
  1e308,
  -1e308,
  2 ** 31 - 1,
  2 ** 53,
  [],
  {},
  [[]],
  { toString: 1 },
  ...EVIL_TEXTS,
]

/** Changes some values of a JSON value, somewhere: other values, none, twice, or a name of a prototype. */
export function mutated(value, random, changes = 1 + random.below(3)) {
  const copy = structuredClone(value)
  for (let change = 0; change < changes; change += 1) mutateOnce(copy, random)
  return copy
}

function mutateOnce(root, random) {
  let at = root
  for (;;) {
    const keys = Object.keys(at)
    if (keys.length === 0) return
    const key = random.pick(keys)
    const inner = at[key]
    if (typeof inner === 'object' && inner !== null && random.chance(0.8)) {
      at = inner
      continue
    }
    const how = random.below(6)
    if (how === 0) delete at[key]
    else if (how === 1 && Array.isArray(at)) at.push(structuredClone(inner))
    else if (how === 2 && typeof inner === 'number') at[key] = inner * random.pick([-1, 0, 0.5, 2, 1e9, 1e300])
    else if (how === 3) addOwn(at, random.pick(EVIL_TEXTS), inner)
    else at[key] = structuredClone(random.pick(EVIL_VALUES))
    return
  }
}

/** `__proto__` too becomes a property like any other, as it does when JSON is read. */
const addOwn = (at, key, value) =>
  Object.defineProperty(at, key, { value, writable: true, enumerable: true, configurable: true })

/** Changes some bytes of a text: others, none, twice, or something evil between. */
export function scratched(text, random, changes = 1 + random.below(4)) {
  let result = text
  for (let change = 0; change < changes; change += 1) {
    const at = random.below(result.length + 1)
    const span = random.below(8)
    const how = random.below(4)
    const middle =
      how === 0
        ? ''
        : how === 1
          ? random.pick(EVIL_TEXTS)
          : how === 2
            ? String.fromCharCode(random.below(random.chance(0.9) ? 128 : 65_536))
            : result.slice(at, at + span).repeat(2)
    result = result.slice(0, at) + middle + result.slice(at + (how === 3 ? span : random.below(span + 1)))
  }
  return result
}
