import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsIn } from './torture/grammars.js'
import { AREAS } from './torture/inputs.js'
import { mutated, randomOf, scratched } from './torture/random.js'
import { torture } from './torture.js'

test('what no reader should be given is refused or taken, and nothing else', async () => {
  const { counts, violations } = await torture({ seed: 7, inputs: 4000, areas: AREAS })
  assert.deepEqual(
    violations.map(({ area, seed, error }) => `${area}, seed ${seed}: ${error.stack}`),
    [],
  )
  for (const { name } of AREAS) assert.ok(counts[name].taken > 0, `${name}: some are taken`)
})

test('what throws anything but a refusal, or takes long, is told with the seed that repeats it', async () => {
  const seen = []
  const failing = {
    ...{ name: 'failing', share: 1 },
    once(random) {
      seen.push(random.next())
      if (seen.length === 3) throw new TypeError('x is not a function')
    },
  }
  const { counts, violations } = await torture({ seed: 1, inputs: 5, areas: [failing] })
  assert.deepEqual(counts.failing, { inputs: 5, taken: 4, refused: 0, violations: 1 })
  assert.equal(randomOf(violations[0].seed).next(), seen[2])
})

test('the same seed makes the same inputs, and they differ from what they were made of', () => {
  const value = { a: [1, 2, { b: 'text' }], c: null }
  assert.deepEqual(mutated(value, randomOf(3)), mutated(value, randomOf(3)))
  const texts = Array.from({ length: 20 }, (_, seed) => scratched('0x100:0x200:3', randomOf(seed)))
  assert.ok(new Set(texts).size > 10)
})

test('a forged line, a formula and a control character are seen', () => {
  assert.match(faultsIn('go', 'BenchmarkA 1 1 ns/op\nBenchmarkForged x\n'), /Forged/)
  assert.match(faultsIn('csv', 'a,b\n1,=1+1\n'), /formula/)
  assert.match(faultsIn('csv', 'a,b\n1\n'), /1 fields among those of 2/)
  assert.match(faultsIn('hgrm', '\u001b[31m'), /control/)
  assert.equal(faultsIn('csv', 'a,b\n"x, ""y""",-2\n'), undefined)
})
