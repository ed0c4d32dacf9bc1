import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadProfile, profileHash } from '../model/profile.ts'
import { TARGETS } from './targets.ts'
import { validate } from './validation.ts'

test('every published figure comes out within its tolerance, twice the same', async () => {
  const all = await validate(TARGETS)
  const outside = all.filter(({ isWithin }) => !isWithin).map(({ target, error }) => `${target.id} ${error}`)
  assert.deepEqual(outside, [])
  const again = await validate(TARGETS)
  assert.deepEqual(
    again.map(({ modelled }) => modelled),
    all.map(({ modelled }) => modelled),
  )
})

test('one CPU and 64 are of the same profile', () => {
  const hashes = TARGETS.filter(({ run, machine }) => run.scenario === 'icache' && machine === 'altra-max-128')
  assert.deepEqual(
    hashes.map(({ run }) => run.vcpus),
    [1, 64],
  )
  assert.equal(new Set(hashes.map(({ machine }) => profileHash(loadProfile(machine)))).size, 1)
})
