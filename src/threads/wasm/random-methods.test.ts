import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { outcomes, subjectOf } from './semantics.contract.ts'

// Random methods of the compiler's subset, which must do compiled what they do in JavaScript, or throw where a number is
// beyond 32 bits.

const NUMBERS = ['a', 'b', 'x', 'y', 'z', 'this.n', 'this.m', 'this.fixed', 'cpu.id']
const LITERALS = ['0', '1', '2', '7', '31', '255', '0x10000', '0x7fffffff', '0x80000000', '0xffffffff', '-1', '-5']

const { number, condition } = fc.letrec<{ number: string; condition: string }>((tie) => ({
  number: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...NUMBERS, ...LITERALS),
    fc
      .tuple(tie('number'), fc.constantFrom('+', '-', '*', '&', '|', '^', '<<', '>>', '>>>'), tie('number'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc.tuple(tie('number'), fc.constantFrom('3', '8', '-7', '(b | 1)')).map(([a, b]) => `(${a} % ${b})`),
    fc.tuple(tie('number'), fc.constantFrom(1, 8, 4096)).map(([a, by]) => `Math.floor(${a} / ${by})`),
    fc.tuple(tie('condition'), tie('number'), tie('number')).map(([test, a, b]) => `(${test} ? ${a} : ${b})`),
    fc.tuple(fc.constantFrom('-', '~'), tie('number')).map(([operator, a]) => `(${operator} ${a})`),
    fc
      .tuple(fc.constantFrom('imul', 'max', 'min'), tie('number'), tie('number'))
      .map(([name, a, b]) => `Math.${name}(${a}, ${b})`),
    tie('number').map((a) => `Math.clz32(${a})`),
    fc
      .tuple(fc.constantFrom('+', '-', '*'), tie('number'), tie('condition'), tie('number'))
      .map(([by, a, test, b]) => `(this.half ${by} ${a} < this.half && ${test} ? 1 : ${b})`),
    tie('number').map((index) => `this.list[${index} & 3]`),
    tie('number').map((index) => `this.table[${index} & 3]`),
    tie('number').map((index) => `this.objects[${index} & 1].word`),
    tie('number').map((word) => `cpu.load(${word} & 7)`),
    fc
      .tuple(fc.constantFrom('add', 'sub', 'and', 'or', 'xchg'), tie('number'), tie('number'))
      .map(([operation, word, value]) => `cpu.${operation}(${word} & 7, ${value})`),
    fc.tuple(tie('number'), tie('number'), tie('number')).map(([word, a, b]) => `cpu.cas(${word} & 7, ${a}, ${b})`),
    fc.tuple(tie('number'), tie('number')).map(([a, b]) => `this.$helped(cpu, ${a}, ${b})`),
    fc.tuple(tie('number'), tie('number')).map(([a, b]) => `outside(cpu, ${a}, ${b})`),
    fc.tuple(tie('number')).map(([a]) => `pure(${a}, 5)`),
  ),
  condition: fc.oneof(
    { maxDepth: 3 },
    fc
      .tuple(tie('number'), fc.constantFrom('===', '!==', '<', '>', '<=', '>='), tie('number'))
      .map(([a, operator, b]) => `${a} ${operator} ${b}`),
    fc
      .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
      .map(([a, operator, b]) => `((${a}) ${operator} (${b}))`),
    tie('condition').map((a) => `!(${a})`),
    fc.constant('this.flag'),
    tie('number').map((a) => `!(${a})`),
  ),
}))

const { statements } = fc.letrec<{ statements: string; statement: string }>((tie) => ({
  statements: fc.array(tie('statement'), { minLength: 1, maxLength: 4 }).map((each) => each.join('\n')),
  statement: fc.oneof(
    { maxDepth: 2 },
    fc
      .tuple(
        fc.constantFrom('y', 'z', 'this.n', 'this.m'),
        fc.constantFrom('=', '+=', '-=', '&=', '|=', '^=', '<<=', '>>='),
        number,
      )
      .map((each) => `${each.join(' ')};`),
    fc
      .tuple(fc.constantFrom('=', '+=', '^='), number, number)
      .map(([by, index, value]) => `this.list[${index} & 3] ${by} ${value};`),
    condition.map((value) => `this.flag = ${value};`),
    fc.tuple(number, number).map(([word, value]) => `cpu.store(${word} & 7, ${value});`),
    fc.tuple(number).map(([value]) => `cpu.count(2, ${value});`),
    number.map((value) => `{ const w = ${value}; y = w ^ (w < 0 ? 1 : 2); cpu.store(1, w); }`),
    fc
      .tuple(condition, tie('statements'), tie('statements'))
      .map(([test, then, otherwise]) => `if (${test}) { ${then} } else { ${otherwise} }`),
    fc
      .tuple(fc.nat(7), tie('statements'), condition, fc.constantFrom('break', 'continue'))
      .map(
        ([turns, body, test, leave]) =>
          `for (let i = 0; i < ${turns}; i += 1) { ${body} if (${test}) ${leave}; z ^= i; }`,
      ),
    fc
      .tuple(fc.nat(4), tie('statements'), condition, number)
      .map(
        ([turns, body, test, value]) =>
          `for (let i = ${turns}; ; i -= 1) { if (${test}) return ${value}; ${body} z ^= i; if (i <= x) break; if (i === 0) return ${value}; }`,
      ),
    fc
      .tuple(fc.nat(3), tie('statements'))
      .map(([turns, body]) => `{ let i = ${turns}; do { ${body} i -= 1; } while (i > 0); }`),
    tie('statements').map((body) => `for (const { word } of this.objects) { ${body} z ^= word; }`),
    tie('statements').map((body) => `for (const each of this.list) { ${body} z ^= each; }`),
    fc
      .tuple(fc.constantFrom('max', 'min'), number)
      .map(([name, value]) => `{ const q = Math.${name}(this.half, ${value}); this.half = q - 0.5; }`),
    fc.tuple(condition, number).map(([test, value]) => `if (${test}) return ${value};`),
  ),
}))

const MODULE = `
  const BOX = { three: 3 }
  function pure(a, b) { let n = 0; for (let i = 0; i < b; i += 1) n = (n * 31 + a) | 0; return n }
  function outside(cpu, a, b = 3) { if (a < b) return cpu.add(3, BOX.three); return a ^ b }
`
const MEMBERS = `
  n = 5; m = -3; fixed = 12; flag = false; half = 0.5; static FRACTIONS = ['half']
  list = new Int32Array([1, -2, 3, 2147483647])
  table = [4, 8, 12, 16]; objects = [{ word: 2 }, { word: 5 }]
  $helped(cpu, x, y) { this.m ^= x; const d = x - y; ${'cpu.store(6, d);'.repeat(30)} return d > 0 ? y : this.n }
`
const edge = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)))

test('random methods do compiled what they do in JavaScript, or throw where a number is beyond 32 bits', () => {
  let compared = 0
  let total = 0
  const property = fc.property(
    statements,
    number,
    fc.array(fc.tuple(edge, edge), { minLength: 2, maxLength: 4 }),
    fc.array(edge, { minLength: 8, maxLength: 8 }),
    (body, result, calls, words) => {
      const text = `const x = a; let y = b; let z = 0; ${body} return ${result}`
      for (const call of calls) {
        const { left, plain, compiled } = outcomes(() => subjectOf(text, MEMBERS, MODULE), [call], words)
        total += 1
        if (left.length > 0 || (compiled.result as unknown[])[0] === 'RangeError') continue
        compared += 1
        // JavaScript gives the number that was stored in memory of 32 bits.
        assert.deepEqual(
          { ...compiled, result: (compiled.result as number[]).map((each) => each + 0) },
          { ...plain, result: (plain.result as number[]).map((each) => each + 0) },
        )
      }
    },
  )
  fc.assert(property, { numRuns: 40 })
  assert.ok(compared > total / 4, `${compared} of ${total} were compared`)
})
