import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { resultOf, runOf } from './comparing/testing.contract.ts'
import { digestOf } from './digest.ts'
import { PackedTexts } from './packed-texts.ts'
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

test('a growing result has the same text, and earlier parts are not formatted again', () => {
  fc.assert(
    fc.property(runs, runs, (first, more) => {
      const growing = new GrowingText()
      const before = Buffer.from(textOf(growing.of(resultOfRuns(first)).rest))
      assert.deepEqual(growing.newIn(resultOfRuns([...first, ...more])), more)
      const { kept, rest } = growing.of(resultOfRuns([...first, ...more]))
      assert.ok(kept > 0)
      const whole = before.subarray(0, kept).toString() + textOf(rest)
      assert.equal(whole, laidOut(resultOfRuns([...first, ...more])))
      assert.equal(textOf(rest), whole.slice(before.subarray(0, kept).toString().length), 'it can be read again')
    }),
  )
})

test('a result with another beginning is formatted from the start', () => {
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

test('the text has the whole of each finished run, although the result in memory holds less', () => {
  fc.assert(
    fc.property(fc.array(runs, { maxLength: 4 }), (told) => {
      const growing = new GrowingText()
      const held: Run[] = []
      let before = Buffer.alloc(0)
      for (const own of told) {
        const less = own.map(() => ({ variant: 'less' }) as Run)
        growing.add(resultOfRuns(held), own, less)
        held.push(...less)
        const { kept, rest } = growing.of(resultOfRuns(held))
        before = Buffer.concat([before.subarray(0, kept), Buffer.from(textOf(rest))])
      }
      const all = told.flat()
      if (told.length > 0) assert.equal(before.toString(), laidOut(resultOfRuns(all)))
      assert.deepEqual(growing.whole(), JSON.parse(JSON.stringify(all)))
      const renamed = { ...resultOfRuns(held), seed: 7 }
      assert.equal(textOf(growing.of(renamed).rest), laidOut({ ...renamed, runs: all }), 'with another header')
    }),
  )
})

test('a long text is compressed in memory, and can be read from any point at which something was added', () => {
  const texts = Array.from({ length: 400 }, (_, at) => `${at}é`.repeat(300 + at))
  const packed = new PackedTexts()
  for (const text of texts) packed.add(text)
  const whole = Buffer.from(texts.join(''))
  assert.equal(packed.bytes, whole.length)
  const ends = [0, 1, 7, 150, 399, 400].map((count) => Buffer.byteLength(texts.slice(0, count).join('')))
  for (const from of ends) {
    for (const until of ends.filter((end) => end >= from)) {
      const parts: string[] = []
      packed.each(from, until, (text) => parts.push(text))
      assert.equal(parts.join(''), whole.subarray(from, until).toString())
    }
  }
})
