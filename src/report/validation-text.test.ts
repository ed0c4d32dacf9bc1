import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TARGETS } from '../bench/targets/rows.ts'
import type { Validated } from '../bench/validation.ts'
import { validationText } from './validation-text.ts'

const of = (hasBand: boolean): Validated[] =>
  TARGETS.map((target) => ({
    target,
    profileHash: '4728255ff89ee104',
    modelled: target.published * 1.02,
    error: 0.02,
    isWithin: target !== TARGETS[0],
    band: hasBand ? { low: target.published, high: target.published * 1.1, holdsPublished: true } : null,
  }))
const FREE = [{ of: 'altra-max-128', name: 'cost.ic_ivau_ns' }]

for (const hasBand of [false, true]) {
  test(`the table of validate fits the terminal, and keeps every row and its error${hasBand ? ', with bands' : ''}`, () => {
    for (const width of [60, 80, 120, 160]) {
      const lines = validationText(of(hasBand), FREE, width).split('\n')
      for (const line of lines) assert.ok(line.length <= width, `${width}: ${line}`)
      for (const { id, says } of TARGETS)
        assert.ok(
          lines.some((line) => line.startsWith(`${id} ${says}`)),
          says,
        )
      assert.equal(lines.filter((line) => line.includes('+2.00 %')).length, TARGETS.length)
    }
  })
}

test('without a width the table of validate has the profile and the source of each row', () => {
  const [header, first] = validationText(of(true), FREE).split('\n')
  assert.match(header!, /published +modelled +error +allowed +basis +band +holds +machine +profile +source$/)
  assert.match(first!, /altra-max-128 +4728255ff89ee104 +\S/)
})
