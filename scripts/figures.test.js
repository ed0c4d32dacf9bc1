import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { measured, outputOf } from './figures.js'
import { PICTURES } from './pictures.js'

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

test('every picture is shown by a page, and is drawn from a result or a recording that is committed', () => {
  const root = join(import.meta.dirname, '..')
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  const text = [join(root, 'README.md'), ...pages.map((name) => join(root, 'docs', name))]
    .map((file) => readFileSync(file, 'utf8'))
    .join('')
  for (const { from, to } of PICTURES) {
    assert.ok(existsSync(join(root, from)), from)
    assert.ok(text.includes(`pictures/${basename(to)})`), `${to} is shown nowhere`)
  }
  const drawn = readdirSync(join(root, 'docs/pictures')).filter((name) => name.endsWith('.png'))
  assert.deepEqual(drawn.toSorted(), PICTURES.map(({ to }) => basename(to)).toSorted())
})
