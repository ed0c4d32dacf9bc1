import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordAt } from '../shared-memory/cpu.ts'
import { Place } from '../shared-memory/place.ts'
import type { RolePlan } from '../workers/roles.ts'
import type { Machine } from './machine.ts'
import { stuckText } from './where-now.ts'

test('the first stuck CPU of each role is named, so the one that all wait for is included', () => {
  const place = new Place()
  const lock = place.line('lock')
  const roles = ['vcpu', 'vcpu', 'notifier', 'vcpu'].map((role) => ({ role }) as RolePlan)
  const stuck = [0, 1, 3]
    .map((cpu) => ({ cpu, name: 'load', word: lock }))
    .concat({ cpu: 2, name: 'pause', word: wordAt(lock, -1 - lock) })
  const text = stuckText({ stuck } as unknown as Machine, roles, place)
  assert.equal(text, 'vcpu 0 and 2 more at load lock, notifier 0 at pause')
})
