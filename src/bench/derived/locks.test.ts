import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heldNs, holdsNote } from './locks.ts'

test('holds that were all timed need no note, with or without their number', () => {
  assert.equal(holdsNote([{ acquisitions: 5, holdTotalNs: 50 }]), undefined)
  assert.equal(holdsNote([{ acquisitions: 5, holdTotalNs: 50, holds: 5 }]), undefined)
})

test('where a part of the holds was timed the total is an estimate, and the note says so', () => {
  const partly = { acquisitions: 1600, holdTotalNs: 1000, holds: 100 }
  assert.equal(heldNs(partly), 16_000)
  assert.match(
    holdsNote([{ acquisitions: 9000, holdTotalNs: 50 }, partly])!,
    /^6\.3 % of the short holds were timed: total hold is estimated/,
  )
})
