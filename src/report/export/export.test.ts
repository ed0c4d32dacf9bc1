import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { HistogramLogReader } from 'hdr-histogram-js'
import { resultOf, runOf } from '../../bench/comparing/testing.contract.ts'
import { EXPORTERS } from './all.ts'
import { RESULT } from './exported.contract.ts'

const GOLDEN = new URL('../../../src/report/export/golden/', import.meta.url)
const filesOf = (format: string, result = RESULT) => EXPORTERS.find(({ name }) => name === format)!.files(result)
const only = (format: string, result = RESULT) => {
  const [file, ...others] = filesOf(format, result)
  assert.equal(others.length, 0)
  return file!.text
}

for (const { name, files } of EXPORTERS) {
  test(`${name} is, byte for byte, what lies in golden/${name}.golden`, () => {
    const all = files(RESULT).map((file) => `==> ${file.name} <==\n${file.text}`)
    assert.equal(all.join('\n'), readFileSync(new URL(`${name}.golden`, GOLDEN), 'utf8'))
  })
}

test('a line of Go text has a name, a count, and pairs of value and unit', () => {
  for (const line of only('go').trim().split('\n')) {
    assert.match(
      line,
      /^(# .*|Benchmark[A-Z]\S* \d+( [\d.e+-]+ \S+)+|Unit \S+( (better|assume)=\w+)+|[a-z][^\sA-Z]*:( .*)?)$/,
    )
  }
})

test('a trial is a line of Go text, and modelled trials stand under their own machine', () => {
  const text = only('go')
  assert.equal(
    text.match(/^Benchmark/gm)!.length,
    RESULT.runs.reduce((sum, { trials }) => sum + trials.length, 0),
  )
  assert.match(text, /machine: altra-64\nkind: modelled\ncpu:\ncores:\nnode:\nBenchmark\S*vcpus=63/)
})

test('a name that Go would read as a number of procs is written otherwise', () => {
  const run = runOf({ faults_per_second: [1] }, { params: { trace: 'run-12' } })
  assert.match(only('go', resultOf([run])), /^BenchmarkPrecheck\/variant=precheck\/trace=run_12 1 /m)
})

test('a file for github-action-benchmark has metrics of one direction only, and none without one', () => {
  const [smaller, bigger] = filesOf('github-action-benchmark').map(({ name, text }) => ({
    name,
    all: JSON.parse(text),
  }))
  assert.deepEqual([smaller!.name, bigger!.name], ['smaller-is-better', 'bigger-is-better'])
  const metrics = (file: { all: { name: string }[] }) => new Set(file.all.map(({ name }) => name.split(': ')[1]))
  assert.deepEqual(metrics(smaller!), new Set(['fault_latency_p50_ns', 'yields_per_unmap', 'flushes_per_unmap']))
  assert.deepEqual(metrics(bigger!), new Set(['faults_per_second']))
  for (const { all } of [smaller!, bigger!]) {
    for (const entry of all) assert.deepEqual(Object.keys(entry), ['name', 'unit', 'value', 'range', 'extra'])
  }
})

test('Bencher is told to raise no alarm about what has no direction', () => {
  const measures = Object.entries(JSON.parse(only('bencher')) as Record<string, object>)
  for (const [name, own] of measures) {
    assert.equal('elapsed-ns' in own, name.endsWith('-bencher-ignore'))
    for (const measure of Object.keys(own)) assert.ok(measure.length <= 64)
  }
})

test('a histogram log is read by another implementation, tags and values whole', () => {
  const reader = new HistogramLogReader(only('hlog'))
  const histogram = reader.nextIntervalHistogram()!
  assert.equal(histogram.tag, 'NO TAG', 'what HistogramLogProcessor reads unless it is told a tag')
  assert.deepEqual([histogram.totalCount, histogram.maxValue], [4, 1_000_447])
  assert.equal(reader.nextIntervalHistogram(), null)
})

test('a field of CSV with a comma, a quote or a line break is quoted', () => {
  const run = runOf({ faults_per_second: [1] }, { params: { trace: 'a,"b"\nc' } })
  assert.match(only('csv', resultOf([run])), /,"a,""b""\\u000ac",/)
})

test('a log of several intervals names their tags, and says that it takes one of them to read it', () => {
  const [first] = RESULT.runs
  const short = {
    ...first!,
    kind: 'modelled' as const,
    trials: first!.trials.map((row) => ({ ...row, durationNs: 4e5 })),
  }
  const text = only('hlog', resultOf([first!, short]))
  const tag = 'precheck-no-precheck-vcpus=1-notifiers=1-range=512-threads-fault_latency_ns'
  assert.match(text, new RegExp(`HistogramLogProcessor needs -tag TAG.*\n#\\[-tag ${tag}\\]\n`))
  assert.equal(text.match(new RegExp(`^Tag=${tag},`, 'gm'))!.length, 2)
  assert.match(text, /,0\.000,0\.001200000,/, 'an interval of a model is not 0')
})

test('what has no direction is no time for compare.py, and a trial in which nothing was done is kept', () => {
  const run = runOf({ faults_per_second: [100, 0, 200], elapsed_ns: [5, 5, 5] })
  const { benchmarks } = JSON.parse(only('google-benchmark', resultOf([run])))
  assert.equal(benchmarks.length, 3)
  assert.deepEqual(
    benchmarks.map((one: Record<string, unknown>) => [one.real_time, one.elapsed_ns, one.error_occurred ?? false]),
    [
      [1e7, 5, false],
      [0, 5, true],
      [5e6, 5, false],
    ],
  )
})

test('a damaged histogram is no export', () => {
  const [first] = RESULT.runs
  const histograms = { fault_latency_ns: { ...first!.histograms.fault_latency_ns!, hdr: 'AAAA' } }
  for (const format of ['hgrm', 'hlog']) {
    assert.throws(
      () => filesOf(format, resultOf([{ ...first!, histograms }])),
      /fault_latency_ns of precheck no-precheck is damaged/,
    )
  }
})

test('a format that a result has nothing for makes no file', () => {
  const plain = resultOf([runOf({ jain_fairness: [1] })])
  for (const format of ['hgrm', 'hlog', 'perf-lock', 'perf-lock-csv', 'will-it-scale']) {
    assert.deepEqual(filesOf(format, plain), [])
  }
})

test('JUnit counts forbidden outcomes, failed runs and runs that were not made, and holds any text', () => {
  const good = runOf({ faults_per_second: [1] })
  const outcomes = [{ outcome: 'stale_use', grade: 'forbidden' as const, count: 2, says: 'a <page> & "more"\u0001' }]
  const error = { code: 'STALLED', message: 'it waits', context: {}, hint: 'Look.' }
  const runs = [
    good,
    { ...good, outcomes },
    { ...good, trials: [], metrics: {}, error },
    { ...good, trials: [], metrics: {}, outcomes: [] },
  ]
  const text = only('junit', resultOf(runs))
  assert.match(
    text,
    /<testsuite name="precheck on threads \(measured\)" tests="4" failures="1" errors="1" skipped="1" /,
  )
  assert.match(text, /<failure message="a &lt;page&gt; &amp; &quot;more&quot;\\u0001" type="stale_use">/)
  assert.match(text, /<error message="it waits" type="STALLED">Look\.<\/error>/)
  assert.equal(text.match(/<testcase /g)?.length, 4)
})
