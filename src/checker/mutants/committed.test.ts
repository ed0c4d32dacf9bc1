import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { WHY_NOT } from './survivors.ts'
import { WHY_NOT_OF_ORDER } from './weak-survivors.ts'
import type { WhyNot } from './why-not.ts'

// results/mutants.md against the reasons and the code of today: all of it is scored again by `npm run check -- --mutants` alone.

const dist = fileURLToPath(new URL('../..', import.meta.url))
const rows = readFileSync(join(dist, '..', 'results', 'mutants.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| [a-z]/.test(line) && !line.startsWith('| file '))
  .map((line) => {
    const [file, fn, step, kind, verdict, why] = line.slice(2).split(/(?<!\\) \| /)
    const code = step!.slice(1, -1).replaceAll('\\|', '|')
    return { file: `protocols/${file}.js`, fn: fn!, code, kind: kind!, verdict: verdict!, why: why!.trim() }
  })
type Row = (typeof rows)[number]

const named = ({ file, fn, code, kind }: Row) => `${file} ${fn} ${code} ${kind}`
const lives = rows.filter(({ verdict }) => verdict !== 'killed')

test('every mutant of the committed table that survived, or that a bound left unknown, has a reason', () => {
  assert.ok(rows.length > 500)
  assert.deepEqual(lives.filter(({ why }) => why === '').map(named), [])
})

test('every reason is used in the committed table, in the same words and with the same verdict', () => {
  const fits = (row: Row, { file, in: fn, kind, code, verdict, why }: WhyNot) =>
    (file ?? row.file) === row.file &&
    (fn ?? row.fn) === row.fn &&
    (kind ?? row.kind) === row.kind &&
    code.test(row.code) &&
    (row.verdict === verdict || row.verdict === 'unknown') &&
    row.why === why
  const unused = [...WHY_NOT, ...WHY_NOT_OF_ORDER].filter((reason) => !lives.some((row) => fits(row, reason)))
  assert.deepEqual(
    unused.map(({ file, in: fn, code }) => `${file ?? 'any file'} ${fn ?? ''} ${code}`),
    [],
    'No mutant lives for this reason: it is killed now, or it is called otherwise. Take the reason out of src/checker/mutants.',
  )
})

test('every surviving mutant of the committed table is of an existing step', () => {
  const squeezed = (text: string) => text.replaceAll(/\s+/g, '')
  const texts = new Map<string, string>()
  const textOf = (file: string) => {
    if (!texts.has(file)) texts.set(file, squeezed(readFileSync(join(dist, file), 'utf8')))
    return texts.get(file)!
  }
  const lost = lives.filter(({ file, code }) => !textOf(file).includes(squeezed(code)))
  assert.deepEqual(lost.map(named), [], 'Score them again: npm run -s check -- --mutants > results/mutants.md')
})
