import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measured, outputOf } from './figures.js'

const PAGE = [
  'Before.',
  '',
  '```',
  '$ npm run bench -- -s a',
  'old figures',
  '```',
  '',
  '```sh',
  'npm run list',
  '```',
  '',
].join('\n')

test('a block that shows its command is measured again, and nothing else is touched', () => {
  const asked = []
  const updated = measured(PAGE, (command) => {
    asked.push(command)
    return '\nnew figures\n\nresults/2026-11-21T073600Z-a.json\n'
  })
  assert.deepEqual(asked, ['npm run bench -- -s a'])
  assert.equal(updated, PAGE.replace('old figures', 'new figures'))
})

test('what has been measured is measured again in the same place', () => {
  const run = () => 'figures $1 $& with signs'
  assert.equal(measured(measured(PAGE, run), run), measured(PAGE, run))
})

test('a block whose command fails stays as it was', () => {
  assert.equal(
    measured(PAGE, () => undefined),
    PAGE,
  )
})

test('where a result was saved is left out', () => {
  assert.equal(outputOf('a\n\nresults/x.json\n'), 'a')
})
