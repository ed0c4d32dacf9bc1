import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpuFor } from '../for-words.ts'
import { allocate, type Memory } from '../memory.ts'
import { compileSubject, outcomes, subjectOf } from './semantics.contract.ts'

const LEAST = -(2 ** 31)
const MOST = 2 ** 31 - 1
const NUMBERS = [0, 1, -1, 7, MOST, LEAST]
const PAIRS = NUMBERS.flatMap((a) => NUMBERS.map((b) => [a, b]))

const MODULE = `
  const add = (cpu, x) => cpu.add(1, x), sub = (cpu, x) => cpu.sub(1, x)
  function fails() { throw new RangeError('no') }
`

const LEFT = `
  let n = 0
  for (let i = 1; i < 5; i += 1) { if (a === i - 1) continue; if (b === i) break; n = n * 3 + i }
  return n
`

const LOOP = `
  let n = 0
  for (const each of this.list) { if (each > a) n += each & 255; this.list[1] = n; this.last = this.$n(n) }
  return n + this.last
`

/** Code that is compiled, and must do what JavaScript does. */
for (const [what, body, members] of [
  ['comparison with a number beyond 31 bits', 'return a < 0x80000000 && a !== 0xffffffff'],
  ['comparison without a sign, with a number beyond 31 bits', 'return (a >>> 0) < 3000000000'],
  ['a sum beyond 32 bits that is compared', 'return a + b > 5'],
  ['a sum beyond 32 bits with a name', 'const sum = a + b; const more = sum + a; return more < sum && sum !== more'],
  ['a sum beyond 32 bits that is anything but 0', 'if (a + b) return 1; return !(a - b) ? 2 : 3'],
  ['the remainder of a sum beyond 32 bits', 'return (a + b) % 7'],
  ['the half of a sum beyond 32 bits', 'return Math.floor((a + b) / 2)'],
  ['a product beyond 32 bits', 'return a * 3 > b * 5'],
  ['a number without a sign with a name', 'const c = a >>> 0; return c > 7'],
  ['a sum beyond 32 bits that is stored', 'cpu.store(1, a + b); cpu.add(2, a - b); return (a * 1000 + b) | 0'],
  ['a chain that ends', 'return this.none?.x.y === undefined', 'none = undefined'],
  ['a chain of calls that ends', 'return this.none?.x.f(cpu.add(1, 1)) === undefined', 'none = null'],
  [
    'the order of a count',
    'cpu.count(3, this.$counted(cpu)); return cpu.load(0)',
    '$counted(cpu) { cpu.count(3, 1); return 2 }',
  ],
  [
    'two functions given to one',
    'return this.$given(cpu, add, a) - this.$given(cpu, sub, a) + this.$given(cpu, add, b) - this.$given(cpu, sub, b)',
    // Longer than what is compiled into its caller.
    `$given(cpu, f, x) { ${'cpu.store(2, 1);'.repeat(30)} return f(cpu, x) & 255 }`,
  ],
  ['more than one argument, and a boolean result', 'return a === b'],
  ['a default that takes a step', 'this.$f(cpu); return a', '$f(cpu, x = cpu.add(1, 1)) { return 1 }'],
  ['an element of a table', 'return this.table[a & 1]', 'table = [10, 30]'],
  [
    'a loop of few turns, each of which may return',
    'for (let i = 3; i >= 0; i -= 1) { if ((a & i) !== 0) return i; if (i === 1) return -1 } return -2',
  ],
  ['a loop of few turns that is left, or goes on', LEFT],
  [
    'a loop whose last turn always returns',
    'for (let i = 2; ; i -= 1) { cpu.add(1, i); if (i === 0) return a; if (a === i) return b }',
  ],
  [
    'a loop of few turns within one of many',
    'let n = 0; for (let i = 0; i < 9; i += 1) for (let j = i; j < i + 3; j += 2) n += (i ^ j) & a; return n',
  ],
  [
    'the range of what a function may return',
    'return this.$of(cpu, a) > 4',
    '$of(cpu, x) { const y = x & 3; if (x < 0) return 5; return y }',
  ],
  ['a field that changes', 'this.bump(); return this.n'],
  ['the larger and the smaller of two numbers', 'return Math.max(a, b) * 2 > Math.min(b, 3)'],
  ['the larger of two sums beyond 32 bits', 'return Math.max(a + b, a - b) > 5 && Math.min(a + b, -b) < a'],
  ['leading zeros', 'return Math.clz32(a)'],
  ['a loop over a typed array', LOOP, 'list = new Int32Array([3, -1, 7]); last = 0; $n(x) { return x & 3 }'],
  [
    'a number that need not be whole, and is computed with and compared',
    'const half = this.half; this.half = Math.max(half * 2 - a, b); return this.half > 0.75 ? 1 : this.half === half ? 2 : 3',
    'half = 0.5; static FRACTIONS = ["half"]; $set() { this.half = 1 }',
  ],
  [
    'what is not computed as something else is false',
    'return (a > b && this.none !== undefined) && this.none.x > 0',
    'none = undefined',
  ],
] as const) {
  test(`compiled as JavaScript has it: ${what}`, () => {
    const base = 'n = 0; bump() { this.n += 1 }'
    const make = () => subjectOf(body, members ?? base, MODULE)
    const { left, plain, compiled } = outcomes(make, PAIRS)
    assert.deepEqual(left, [])
    assert.deepEqual(compiled, plain)
  })
}

/** Code that must stay JavaScript, as compiled it would do something else. */
for (const [what, body, members, why] of [
  [
    'the length of an array that changes',
    'this.list.push(1); return 0',
    'list = []; g(cpu) { return this.list.length }',
    '',
  ],
  [
    'a loop over an array that changes',
    'this.list.push(1); return 0',
    'list = [1]; g(cpu) { for (const each of this.list) cpu.add(1, each) }',
    '',
  ],
  ['a default that a caller leaves out', 'return b', 'g(cpu, x = 5) { return x }', ''],
  [
    'a result that may be that of a call in JavaScript',
    'return this.odd(cpu)',
    'odd(cpu) { return Date.now() > 0 }',
    '',
  ],
  ['a boolean, or else a number', 'return (a > b && 0) === 0 ? 1 : 2', '', '&& of numbers'],
  ['`var`, whose scope is the function', 'var x = 1; { var x = 2 } return x', '', 'a var'],
  ['a table of fractions', 'return cpu.add(1, this.table[a & 1])', 'table = [0.5, 1.5]', ''],
  ['a table with a hole', 'return this.table[a & 1].x', 'table = [null, { x: 1 }]', ''],
  ['a function that throws when it is computed ahead', 'if (a === 1) return fails(2); return 1', '', ''],
  [
    'a function that never ends to be compiled',
    'return this.deeper(cpu, 0)',
    'deeper(cpu, n) { return cpu.load(1) === n ? 1 : this.deeper(cpu, n + 1) }',
    '',
  ],
  [
    'an array with two names',
    'this.first[0] += 1; return this.second[0]',
    'first = new Int32Array(2); second = this.first',
    '',
  ],
  ['a part of an array', 'this.first[0] += 1; return 0', 'first = new Int32Array(new Int32Array(4).buffer, 4, 2)', ''],
  [
    'a field that is changed by a computed name',
    'this.counts[["x", "y"][a]] = 1; return 0',
    'counts = { x: 0, y: 0 }; g(cpu) { return this.counts.x }',
    '',
  ],
] as const) {
  test(`left in JavaScript: ${what}`, () => {
    const { left, plain, compiled } = outcomes(
      () => subjectOf(body, members, MODULE),
      [
        [0, 0],
        [1, 0],
      ],
    )
    assert.notDeepEqual(left, [])
    assert.ok(left.some((each) => each.why.includes(why)))
    assert.deepEqual(compiled, plain)
  })
}

for (const [what, body] of [
  ['returned', 'return a + b'],
  ['kept in a variable', 'let c = 0; c = a + b; return c'],
  ['kept in a field', 'this.n = a + b; return a + b'],
] as const) {
  test(`a sum beyond 32 bits throws where it is ${what}, and is another number nowhere`, () => {
    const { left, plain, compiled } = outcomes(() => subjectOf(body, 'n = 0'), PAIRS)
    assert.deepEqual(left, [])
    const isBeyond = (value: unknown) => value !== ((value as number) | 0)
    const expected = (plain.result as unknown[]).map((value) => (isBeyond(value) ? 'RangeError' : value))
    assert.deepEqual(compiled.result, expected)
  })
}

test('what compiled code took for a constant stays as it is, and JavaScript that changes it fails', () => {
  const memory = allocate({ words: 64 }, 'wasm', 1) as Required<Memory>
  const subject = subjectOf('return this.list[a & 1] + this.numbers[0] + (this.flag ? 1 : 0)', CHANGED)
  assert.deepEqual(compileSubject(subject, memory), [])
  const other = subject as unknown as Record<string, (value?: unknown) => void>
  for (const [change, value] of [
    ['$list', 0],
    ['$numbers', 0],
    ['$flag', undefined],
    ['$flag', 2],
  ] as const) {
    assert.throws(() => other[change]!(value), TypeError)
  }
  other.$flag!(true)
  assert.equal(subject.run(cpuFor(0, memory), 1), 20 + 7 + 1)
})

const CHANGED = `
  list = [10, 20]; numbers = new Int32Array([7]); flag = false
  $list(value) { const same = this.list; same[1] = value }
  $numbers() { this.numbers = new Int32Array([8]) }
  $flag(value) { this.flag = value }
`
