import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HostFigure, HostValidation } from '../bench/host-validation.ts'
import { hostValidationText } from './host-validation-text.ts'

const rate = (variant: string, measured: number, modelled: number): HostFigure => ({
  load: 'a load',
  variant,
  metric: 'faults_per_second',
  unit: '1/s',
  measured,
  ci95: [measured * 0.9, measured * 1.1],
  modelled,
  error: modelled / measured - 1,
  isRate: true,
})

const FOUND: HostValidation = {
  placements: [{ handOverNs: 55, trials: 18 }],
  figures: [rate('a', 1000, 1100), rate('b', 2000, 1000)],
  differences: [
    {
      ...{ load: 'a load', metric: 'faults_per_second', baseline: 'a', candidate: 'b' },
      ...{ measured: 2, modelled: 0.91, isSameSign: false },
    },
  ],
  orders: [{ load: 'a load', measured: ['b', 'a'], modelled: ['a', 'b'] }],
  warnings: [
    { variant: 'a', warnings: ['a doubt (12 %)'] },
    { variant: 'b', warnings: ['a doubt (5 %)'] },
  ],
}

test('threads and model stand side by side, and what is off by more than the aim is marked', () => {
  const text = hostValidationText(FOUND)
  assert.match(text, /a load +a +faults_per_second +1\.00k +\[900, 1\.10k\] +1\.10k +\+10\.0 %\n/)
  assert.match(text, /a load +b .* -50\.0 % !/)
  assert.match(text, /1 of 2 rates within 25\.0 %; 0 of 1 differences that the threads resolve have the same sign\.$/)
})

test('another order, another sign and every doubt of the threads are said', () => {
  const text = hostValidationText(FOUND)
  assert.match(text, /a load, fastest first: b, a on threads, a, b modelled/)
  assert.match(text, /b against a: faults_per_second 2\.00x on threads, 0\.91x modelled: NOT THE SAME SIGN/)
  assert.match(text, /^! a doubt \(a 12 %, b 5 %\)$/m)
})

test('how far apart the CPUs were is said, and that a host moved them', () => {
  assert.match(hostValidationText(FOUND), /^hand-over from CPU to CPU: 55\.0 ns after 18 trials$/m)
  const moved = { ...FOUND, placements: [...FOUND.placements, { handOverNs: 230, trials: 9 }] }
  assert.match(
    hostValidationText(moved),
    /^hand-over from CPU to CPU: 55\.0 ns after 18 trials, 230 ns after 9 trials: this host moves its virtual CPUs, and each/m,
  )
})
