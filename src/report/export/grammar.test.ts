import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HistogramLogReader } from 'hdr-histogram-js'
import { resultOf, runOf } from '../../bench/comparing/testing.contract.ts'
import type { Result, Run } from '../../bench/result.ts'
import { visible, visibleLines } from '../../bench/visible.ts'
import { EXPORTERS } from './all.ts'
import { RESULT } from './exported.contract.ts'
import { readGo, tablesOf } from './go-reader.contract.ts'

/** Names of runs, metrics, locks and hosts that could be taken for something else. */
const EVIL = [
  '\u001b[31mred\u001b]0;title\u0007',
  'a\nBenchmarkForged 1 5 ns/op',
  'a\r\nmachine: forged',
  'a\n# output: contended, total wait\n1, 2, 3, 4, evil, line',
  '\u0085\u2028\u2029x\u202egnp.exe',
  '=cmd|calc!A0',
  '+1+1',
  '@SUM(1)',
  '-2',
  'x,y',
  'say "quoted"',
  'Tag=x,1,2,3',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '',
  ' ',
  '/',
  'a=b-8',
  'Ünïcode 名',
  '\ud800',
  'x'.repeat(300),
]
const name = fc.oneof(fc.constantFrom(...EVIL), fc.string({ unit: 'binary', maxLength: 12 }))
const figure = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e30, noNaN: true }))
const [FIRST] = RESULT.runs

const run = fc
  .record({
    scenario: name,
    variant: name,
    machine: name,
    kind: fc.constantFrom('measured' as const, 'modelled' as const),
    metrics: fc.dictionary(name, fc.array(figure, { minLength: 1, maxLength: 3 }), { minKeys: 1, maxKeys: 4 }),
    params: fc.dictionary(name, fc.oneof(name, fc.nat()), { maxKeys: 3 }),
    lock: fc.record({ name, kind: name }),
    histogram: name,
  })
  .map(({ metrics, lock, histogram, ...over }): Run => {
    const [row] = FIRST!.locks
    return runOf(metrics, {
      ...over,
      histograms: Object.fromEntries([[histogram, FIRST!.histograms.fault_latency_ns!]]),
      locks: [{ ...row!, contended: 3, ...lock }],
    })
  })
const result = fc
  .record({
    runs: fc.array(run, { minLength: 1, maxLength: 3 }),
    cpu: name,
    node: name,
    createdAt: name,
    command: fc.array(name),
  })
  .map(({ runs, cpu, node, ...over }) => resultOf(runs, { ...over, host: { ...resultOf([]).host, cpu, node } }))

const filesOf = (format: string, of: Result) => EXPORTERS.find((one) => one.name === format)!.files(of)
const textsOf = (format: string, of: Result) => filesOf(format, of).map(({ text }) => text)
const holds = (check: (of: Result) => void) => fc.assert(fc.property(result, check), { numRuns: 60, seed: 5 })
const many = (of: Result, what: (one: Run) => number) => of.runs.reduce((sum, one) => sum + what(one), 0)

test('whatever a file calls things, a line of Go text is a trial, and no other line is one', () => {
  holds((of) => {
    const [text] = textsOf('go', of)
    const { results } = readGo(text!)
    assert.equal(
      results.length,
      many(of, ({ trials }) => trials.length),
    )
    assert.equal(text!.match(/^Benchmark/gm)!.length, results.length)
    for (const { config } of results) {
      const keys = [...config.keys()]
      assert.ok(
        keys.every((key) => ['machine', 'kind', 'cpu', 'cores', 'node'].includes(key)),
        keys.join(),
      )
    }
  })
})

test('whatever a file calls things, a row of CSV is a figure of a trial, and none is a formula', () => {
  holds((of) => {
    const [text] = textsOf('csv', of)
    const rows = readCsv(text!)
    assert.equal(
      rows.length,
      1 + many(of, ({ trials }) => trials.reduce((sum, { metrics }) => sum + Object.keys(metrics).length, 0)),
    )
    for (const row of rows) {
      assert.equal(row.length, rows[0]!.length)
      for (const cell of row) assert.doesNotMatch(cell, /^\s*([=@|\t\r]|[+-](?!\d+(\.\d+)?(e[+-]?\d+)?$))/)
    }
  })
})

test('whatever a file calls locks, a line of the perf table is a lock that was waited for, or a remark', () => {
  holds((of) => {
    for (const text of textsOf('perf-lock', of)) {
      const [header, blank, ...rows] = text.trimEnd().split('\n')
      assert.match(header!, /^ contended {3}total wait {5}max wait {5}avg wait {9}type {3}caller$/)
      assert.equal(blank, '')
      assert.equal(rows.filter((row) => row !== '' && !row.startsWith('#')).length, 1)
      assert.match(rows[0]!, /^ +3 +(\S+ \S+ +){3}\S+ {3}\S+$/)
    }
    for (const text of textsOf('perf-lock-csv', of)) {
      const rows = text.trimEnd().split('\n')
      assert.equal(rows.filter((row) => row.startsWith('# output:')).length, 1)
      for (const row of rows.filter((each) => !each.startsWith('#')))
        assert.match(row, /^3(, \d+){3}, [^,\s]+, [^,\s]+$/)
    }
  })
})

test('whatever a file calls histograms, an interval of the log is one, and is read back', () => {
  holds((of) => {
    const [text] = textsOf('hlog', of)
    const reader = new HistogramLogReader(text!)
    let found = 0
    for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram()) {
      assert.equal(next.totalCount, 4)
      found += 1
    }
    assert.equal(found, of.runs.length)
    for (const line of text!.trimEnd().split('\n'))
      assert.match(line, /^(#\[.*\]|"StartTimestamp".*|(Tag=[\w.=-]+,)?[\d.]+,[\d.]+,[\d.]+,[\w+/=]+)$/)
  })
})

test('whatever a file calls things, what is JSON for others is JSON, with names as long as they take them', () => {
  holds((of) => {
    const bencher = JSON.parse(textsOf('bencher', of)[0]!) as Record<string, Record<string, object>>
    assert.equal(
      Object.values(bencher).reduce((sum, measures) => sum + Object.keys(measures).length, 0),
      many(of, ({ metrics }) => Object.keys(metrics).length),
      'no measure is lost because another is called the same',
    )
    for (const [benchmark, measures] of Object.entries(bencher)) {
      assert.ok(benchmark.length <= 1024)
      for (const slug of Object.keys(measures)) assert.match(slug, /^(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*$/)
    }
    for (const text of textsOf('google-benchmark', of)) {
      for (const each of JSON.parse(text).benchmarks) assert.ok(Number.isFinite(each.real_time), each.name)
    }
    for (const text of textsOf('github-action-benchmark', of)) assert.ok(Array.isArray(JSON.parse(text)))
  })
})

test('whatever a file calls things, no export steers a terminal or leaves its folder, and no two files have one name', () => {
  holds((of) => {
    for (const { name: format } of EXPORTERS) {
      const files = filesOf(format, of)
      assert.equal(new Set(files.map((file) => file.name)).size, files.length)
      for (const file of files) {
        assert.match(file.name, /^(?!\.)[\w.=-]{1,210}$/)
        const shown = visibleLines(file.text)
        // JSON may hold what only a terminal would obey: it is shown by our own output, and itself in a file.
        if (!file.text.startsWith('{') && !file.text.startsWith('[')) assert.equal(file.text, shown, format)
      }
    }
  })
})

test('two results of one host make one table in benchstat, whatever else is known of them', () => {
  const other: Result = {
    ...RESULT,
    id: 'another',
    createdAt: '2027-01-01T00:00:00.000Z',
    command: ['bench'],
    source: { git: null, dirty: null, definition: 'd2' },
    host: { ...RESULT.host, kernel: '6.9', memory: 1 },
    runs: RESULT.runs.map((one) => ({ ...one, definition: 'd2' })),
  }
  const texts = [RESULT, other].map((of) => textsOf('go', of)[0]!)
  for (const [table, rows] of tablesOf(texts)) {
    for (const [row, cells] of rows)
      assert.ok(
        cells.every((count) => count > 0),
        `${table} ${row} is in one file only`,
      )
  }
  const elsewhere = { ...other, host: { ...other.host, cpu: 'another cpu' } }
  const apart = [...tablesOf([texts[0]!, textsOf('go', elsewhere)[0]!])]
  const isShared = ([, rows]: (typeof apart)[number]) =>
    [...rows.values()].some((cells) => cells.every((count) => count > 0))
  assert.ok(
    apart.filter(isShared).every(([table]) => table.includes('modelled')),
    'another host is another table, for measured figures',
  )
  assert.equal(apart.filter(isShared).length, 2)
})

test('a control character is shown as JSON writes it, so that JSON stays what it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = JSON.stringify({ [text]: text })
      assert.deepEqual(JSON.parse(visibleLines(json)), JSON.parse(json))
      assert.doesNotMatch(visible(text), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }),
  )
})

/** RFC 4180. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  const cell = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/gy
  for (let match = cell.exec(text); match !== null; match = cell.exec(text)) {
    rows.at(-1)!.push(match[1]?.replaceAll('""', '"') ?? match[2]!)
    if (match[3] === '\n') rows.push([])
    if (cell.lastIndex === text.length) break
  }
  assert.equal(cell.lastIndex === 0 ? 0 : cell.lastIndex, text.length, 'every byte is part of a cell')
  return rows.slice(0, -1)
}
