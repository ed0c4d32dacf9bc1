import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isColoured } from './terminal.ts'

test('output is coloured on a terminal, and plain in a pipe', () => {
  assert.equal(isColoured(true, { TERM: 'xterm' }), true)
  assert.equal(isColoured(true, { TERM: 'dumb' }), false)
  assert.equal(isColoured(false, {}), false)
})

test('NO_COLOR forbids colours and FORCE_COLOR asks for them; an empty NO_COLOR says nothing', () => {
  assert.equal(isColoured(true, { NO_COLOR: '1' }), false)
  assert.equal(isColoured(true, { NO_COLOR: '' }), true)
  assert.equal(isColoured(false, { FORCE_COLOR: '1' }), true)
  assert.equal(isColoured(true, { FORCE_COLOR: '0' }), false)
  assert.equal(isColoured(true, { FORCE_COLOR: '1', NO_COLOR: '1' }), false)
})
