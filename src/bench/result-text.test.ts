import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { resultOf, runOf } from './comparing/testing.contract.ts'
import { digestOf } from './digest.ts'
import type { Result, Run } from './result.ts'
import { GrowingText, resultText, type Texts } from './result-text.ts'

const json = fc.dictionary(fc.string(), fc.jsonValue({ depthSize: 'small' }), { maxKeys: 4 })
const runs = fc.array(json, { maxLength: 5 }) as unknown as fc.Arbitrary<Run[]>
const resultOfRuns = (own: readonly Run[]): Result => ({ ...resultOf([]), runs: own })

function textOf(texts: Texts): string {
  const all: string[] = []
  texts((text) => all.push(text))
  return all.join('')
}

/** As it is said to be laid out. */
const laidOut = (result: Result) => `${JSON.stringify({ ...result, digest: digestOf(result) }, null, 1)}\n`

test('the text of a result is its JSON with an indent of 1, the digest last', () => {
  fc.assert(fc.property(runs, (own) => assert.equal(resultText(resultOfRuns(own)), laidOut(resultOfRuns(own)))))
  const real = resultOf([runOf({ elapsed_ns: [1, 2] }), runOf({ elapsed_ns: [3] })])
  assert.equal(resultText(real), laidOut(real))
})

test('a result that grows has the same text, of which what was there is not made again', () => {
  fc.assert(
    fc.property(runs, runs, (first, more) => {
      const growing = new GrowingText()
      const before = Buffer.from(textOf(growing.of(resultOfRuns(first)).rest))
      const { kept, rest, added } = growing.of(resultOfRuns([...first, ...more]))
      assert.deepEqual(added, more)
      assert.ok(kept > 0)
      const whole = before.subarray(0, kept).toString() + textOf(rest)
      assert.equal(whole, laidOut(resultOfRuns([...first, ...more])))
      assert.equal(textOf(rest), whole.slice(before.subarray(0, kept).toString().length), 'it can be read again')
    }),
  )
})

test('a result that does not begin as the one before is made from its beginning', () => {
  const [one, other] = [runOf({ elapsed_ns: [1] }), runOf({ elapsed_ns: [2] })]
  const growing = new GrowingText()
  const grownBy = (result: Result) => {
    const { kept, rest } = growing.of(result)
    return { kept, text: textOf(rest) }
  }
  grownBy(resultOfRuns([one!, other!]))
  for (const result of [resultOfRuns([other!]), resultOfRuns([one!]), { ...resultOfRuns([one!]), seed: 7 }]) {
    assert.deepEqual(grownBy(result), { kept: 0, text: laidOut(result) })
  }
})
