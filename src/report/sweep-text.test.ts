import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { validate } from '../bench/schema.ts'
import { benchReport } from './bench-report.ts'

const PLAIN = { quiet: false, locks: false, all: false }
/** A sweep that is committed: both variants with 1 to 63 vCPUs on a modelled machine. */
const sweep = validate(
  JSON.parse(readFileSync(new URL('../../docs/pictures/precheck-sweep.json', import.meta.url), 'utf8')),
)

test('a sweep is one table: loads down, variants across, and what each does with size', () => {
  const text = benchReport(sweep, PLAIN)
  assert.match(text, /^remote TLB flushes per unmap +no-precheck +precheck +ratio$/m)
  const [without, withCheck] = sweep.runs
    .filter(({ params }) => params.vcpus === 63)
    .map(({ metrics }) => metrics.flushes_per_unmap!.median)
  const figures = [without!.toFixed(2), withCheck!.toFixed(2), `${Number((withCheck! / without!).toFixed(2))}x`]
  const row = /^63 vcpus +(\S+) +(\S+) +(\S+)$/m.exec(text)
  assert.deepEqual(row?.slice(1), figures)
  assert.match(text, /^no-precheck +\S{7} +\d+k at 16 vcpus, the peak of the loads tried$/m)
  assert.match(text, /^precheck +\S{7} +\S+ at 63 vcpus, and still rising$/m)
  assert.ok(text.split('\n').length < 40)
})

test('the answers of a sweep are counted, and together they are all of its loads', () => {
  const counts = [...benchReport(sweep, PLAIN).matchAll(/^(?:Yes|No|Not resolved): (\d) of 7 loads/gm)]
  assert.equal(
    counts.reduce((sum, [, count]) => sum + Number(count), 0),
    7,
  )
})

test('with --all each load has its table', () => {
  const text = benchReport(sweep, { ...PLAIN, all: true })
  assert.equal(text.match(/^precheck: Does/gm)?.length, 7)
})

test('with --quiet each load has one line that names its parameters', () => {
  const lines = benchReport(sweep, { ...PLAIN, quiet: true }).split('\n')
  assert.equal(lines.length, 7)
  for (const line of lines) assert.match(line, /^precheck on altra-64, \d+ vCPUs?, 1 notifier: (Yes|No|Not resolved): /)
})

test('two loads are no sweep', () => {
  const runs = sweep.runs.filter(({ params }) => Number(params.vcpus) < 4)
  assert.equal(benchReport({ ...sweep, runs }, PLAIN).match(/^precheck: Does/gm)?.length, 2)
})

test('of several loads each answer names what was varied, a kernel and settings too', () => {
  const runs = sweep.runs
    .filter(({ params }) => params.vcpus === 16)
    .flatMap((run) => [8, 64].map((range) => ({ ...run, params: { ...run.params, range, kernel: 'v6.8' } })))
  const lines = benchReport({ ...sweep, runs }, { ...PLAIN, quiet: true }).split('\n')
  assert.deepEqual(
    lines.map((line) => /^(.*?): /.exec(line)?.[1]),
    [8, 64].map((range) => `precheck on altra-64, 16 vCPUs, 1 notifier, kernel v6.8, range ${range}`),
  )
})

test('on a narrow terminal a sweep keeps to its width, and no word is broken', () => {
  const wide = new Set(benchReport(sweep, PLAIN).split(/\s+/))
  for (const width of [60, 80]) {
    const text = benchReport(sweep, PLAIN, { width, paint: (each) => each })
    for (const line of text.split('\n')) assert.ok(line.length <= width, `${width}: ${line}`)
    for (const word of text.split(/\s+/)) assert.ok(wide.has(word), word)
  }
})

test('a sweep over names has neither a curve nor a slope, and its loads stand in the order of the plan', () => {
  const names = ['swap', 'boot', 'precopy', 'balloon', 'idle', 'ksm', 'numa']
  const sizes = [...new Set(sweep.runs.map(({ params }) => params.vcpus))]
  const runs = sweep.runs.map((run) => ({
    ...run,
    params: { ...run.params, vcpus: 8, shape: names[sizes.indexOf(run.params.vcpus)]! },
  }))
  const text = benchReport({ ...sweep, runs }, PLAIN)
  assert.doesNotMatch(text, /[▁▂▃▄▅▆▇█]|rising|peak/)
  assert.match(text, /^no-precheck +\S+ at shape \w+, the highest of the loads tried$/m)
  const rows = [...text.matchAll(/^shape (\w+) /gm)].map(([, name]) => name)
  assert.deepEqual(rows.slice(0, names.length), names)
})

test('a curve over numbers is in their order, whatever the order of the lists', () => {
  const falling = [...sweep.runs].sort((a, b) => Number(b.params.vcpus) - Number(a.params.vcpus))
  const of = (range: number) => falling.map((run) => ({ ...run, params: { ...run.params, range } }))
  const text = benchReport({ ...sweep, runs: [...of(64), ...of(8)] }, PLAIN)
  const curves = (report: string) =>
    [...report.matchAll(/^(?:no-)?precheck[^▁▂▃▄▅▆▇█\n]*?([▁▂▃▄▅▆▇█]{7}) /gm)].map(([, curve]) => curve)
  const [one, two, ...others] = curves(benchReport(sweep, PLAIN))
  assert.equal(others.length, 2, 'two figures of two variants')
  assert.deepEqual(curves(text).slice(0, 4), [one, one, two, two])
})

test('modelled machines are compared in one table', () => {
  const on = (machine: string) => sweep.runs.map((run) => ({ ...run, machine }))
  const text = benchReport({ ...sweep, runs: [...on('altra-64'), ...on('clx-2s')] }, PLAIN)
  assert.match(text, /^a sweep of 14 loads/m)
  assert.match(text, /^63 vcpus, machine clx-2s /m)
  assert.match(text, /by vcpus \(across\) and machine \(down\):\n *altra-64 /)
})

test('a run that fails is named beside those that did not, and no second variant is asked for', () => {
  const at = sweep.runs.filter(({ params }) => params.vcpus === 16)
  const error = { code: 'X', message: 'it did not end', context: {}, hint: 'Look at it.' }
  const failed = at.map((run, index) => (index === 0 ? run : { ...run, trials: [], metrics: {}, outcomes: [], error }))
  const text = benchReport({ ...sweep, runs: failed }, PLAIN)
  assert.match(text, /^The run of precheck failed: it did not end\.$/m)
  assert.doesNotMatch(text, /needs two variants/)
  assert.match(benchReport({ ...sweep, runs: at.slice(0, 1) }, PLAIN), /needs two variants/)
})

test('how often an outcome was seen is a whole number', () => {
  const [run] = sweep.runs
  const outcomes = [1, 4].map((count) => ({ outcome: 'leak', grade: 'forbidden' as const, count, says: 'lost' }))
  const text = benchReport({ ...sweep, runs: [{ ...run!, outcomes }] }, PLAIN)
  assert.match(text, /FORBIDDEN leak, once: lost\n.*FORBIDDEN leak, 4 times: lost/)
})
