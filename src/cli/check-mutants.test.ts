import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checkWith, loadChecks } from '../checker/load-checks.ts'
import { MEMORY_MODELS } from '../checker/memory/model.ts'
import type { Mutation } from '../checker/mutants/mutations.ts'
import { mutationsIn, type Scored, scoreMutants, survey } from '../checker/mutants/score.ts'
import { rowText } from '../checker/mutants/score-text.ts'
import { faultline } from './faultline.contract.ts'

/** A part of the table that is scored in seconds: the end of an invalidation and two functions that check for it, in small configurations. */
const SMALL = ['lockless', 'uncounted', 'polled', 'unended']
/** With delayed stores and loads the two in which a mutant of this part is killed by them. */
const DELAYED = ['lockless', 'polled']
const PART = ['invalidateEnd', 'invalidateRetry', 'invalidateRetryGfnUnsafe']
const isInSlice = ({ in: fn }: Mutation) => PART.includes(fn)

const cellsOf = (row: string) => row.split(/(?<!\\) \| /).map((cell) => cell.replace(/^\| | \|$/g, ''))
/** Which mutant it is: file, function, step and kind. */
const keyOf = (cells: readonly string[]) => cells.slice(0, 4).join(' ')

const committed = readFileSync(fileURLToPath(new URL('../../results/mutants.md', import.meta.url)), 'utf8')
  .split('\n')
  .filter((line) => /^\| [a-z]/.test(line) && !line.startsWith('| file '))
  .map(cellsOf)

const precheck = (await loadChecks()).find(({ name }) => name === 'precheck')!
const variant = precheck.variants[0]!.name
const { signal } = new AbortController()
const places = MEMORY_MODELS.flatMap((memory) =>
  (memory === 'sc' ? SMALL : DELAYED).map((configuration) => ({ memory, configuration })),
)
const surveyed = (
  await Promise.all(
    places.map(({ memory, configuration }) => survey(precheck, variant, 60_000, configuration, memory, signal)),
  )
).flat()
const mutations = mutationsIn(surveyed).filter(isInSlice)
const scored = await scoreMutants(mutations, surveyed, 2, signal, () => {})

const REGENERATE = 'results/mutants.md is not of this program: npm run -s check -- --mutants > results/mutants.md'
const rowsOf = (one: Scored) => committed.filter((row) => keyOf(row) === keyOf(cellsOf(rowText(one))))

test('the committed table has every mutant of a part that is scored again', () => {
  assert.ok(scored.length > 15)
  for (const one of scored) assert.ok(rowsOf(one).length > 0, `${REGENERATE} (${keyOf(cellsOf(rowText(one)))})`)
})

test('every mutant killed in this part is killed in the committed table, and none that survives there is killed here', () => {
  for (const one of scored.filter(({ report }) => report.verdict === 'FAIL')) {
    assert.ok(
      rowsOf(one).some((row) => row[4] === 'killed'),
      `${REGENERATE} (${rowText(one)})`,
    )
  }
})

test('a mutant killed in a configuration of this part is killed there again, by the same property and memory model', () => {
  const names = SMALL.map((name) => ` in precheck ${name}`)
  let compared = 0
  for (const one of scored) {
    const rows = rowsOf(one).filter((row) => names.some((name) => row[5]?.endsWith(name)))
    if (rows.length === 0 || rows.length < rowsOf(one).length) continue
    compared += 1
    const row = cellsOf(rowText(one)).slice(4)
    assert.ok(
      rows.some((was) => was.slice(4).join() === row.join()),
      `${REGENERATE} (${rowText(one)})`,
    )
  }
  assert.ok(compared > 5)
})

test('on another kernel the mutants are of the functions of that kernel', async () => {
  const { check } = await checkWith(precheck, { kernel: 'v6.5' })
  const passed = await survey(check, 'v6.5', 60_000, 'polled', 'sc', signal)
  const isUnlock = ({ file, code }: Mutation) => file === 'protocols/versions/v6.5.js' && /writeUnlock/.test(code)
  const [unlock, ...others] = await scoreMutants(mutationsIn(passed).filter(isUnlock), passed, 1, signal, () => {})
  assert.deepEqual(others, [])
  assert.equal(unlock?.report.by, 'deadlock')
})

test('a mutant is selected by words of its row, and words that match no row are refused', async () => {
  const polled = ['check', 'precheck', '--configuration', 'polled', '--memory', 'sc']
  const one = await faultline(...polled, '--mutant', 'versions/v6.5 invalidateEnd store unasked')
  assert.equal(one.code, 2)
  assert.match(one.err, /no step that is left out is called 'versions\/v6\.5 invalidateEnd store unasked'\n/)
  const { code, out } = await faultline(
    ...polled,
    '--mutant',
    'notifier invalidateEnd store(vm.invalidateInProgress dropped',
  )
  const rows = out.split('\n').filter((line) => line.startsWith('| notifier'))
  assert.equal(rows.length, 1, out)
  assert.match(rows[0]!, /\| dropped \| killed \| /)
  assert.equal(code, 0)
  assert.ok(
    out.includes("faultline check precheck --configuration polled --memory sc --mutant 'notifier invalidateEnd"),
  )
})
