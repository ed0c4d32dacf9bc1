import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitScalability } from './scalability.ts'

const law = (contention: number, coherency: number) => (n: number) => {
  return { n, x: (1000 * n) / (1 + contention * (n - 1) + coherency * n * (n - 1)) }
}

test('the parameters of the law are recovered from points that follow it', () => {
  const fit = fitScalability([1, 2, 4, 8, 16, 32, 64].map(law(0.05, 0.001)))!
  assert.deepEqual(
    [fit.throughput, fit.contention * 1e3, fit.coherency * 1e4, fit.peak!, fit.error].map(Math.round),
    [1000, 50, 10, 31, 0],
  )
})

test('a parameter that would be negative is left out, and a peak with it', () => {
  const fit = fitScalability([1, 2, 4, 8].map(law(0.1, -0.0005)))!
  assert.ok(fit.contention > 0 && fit.coherency === 0 && fit.peak === null)
})

test('three points are too few', () => {
  assert.equal(fitScalability([1, 2, 4].map(law(0.1, 0))), undefined)
})
