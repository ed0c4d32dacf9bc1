import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Random } from '../../workers/random.ts'
import { noisy, resultOf, runOf } from '../comparing/testing.contract.ts'
import { entriesOfCsv } from './csv.ts'
import { bestSplit, changePoints } from './e-divisive.ts'
import { type Entry, entryOf, readEntries } from './history.ts'
import { seriesOf, shiftsOf } from './series.ts'

// Annual flow of the Nile at Aswan, 1871 to 1970 (Cobb 1978): it fell after 1898, and not again.
const NILE = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140, 1100,
  1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456,
  824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897,
  822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975,
  815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]

const ALPHA = 0.01
const ALL = { alpha: ALPHA, least: 0, newest: Number.POSITIVE_INFINITY }

test('the flow of the Nile changed with the year 1899', () => {
  const found = changePoints(NILE, ALPHA)
  assert.deepEqual(
    found.map(({ at }) => 1871 + at),
    [1899],
  )
})

test('the sums that grow by one value give the distance as it is defined', () => {
  const series = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 8, maxLength: 20 })
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const within = (values: number[]) =>
    mean(values.flatMap((a, i) => values.flatMap((b, j) => (i === j ? [] : [Math.abs(a - b)]))))
  const across = (a: number[], b: number[]) => mean(a.flatMap((x) => b.map((y) => Math.abs(x - y))))
  fc.assert(
    fc.property(series, (values) => {
      const energies = values.map((_, at) => {
        if (at < 4 || values.length - at < 4) return Number.NEGATIVE_INFINITY
        const [left, right] = [values.slice(0, at), values.slice(at)]
        const scale = (left.length * right.length) / values.length
        return scale * (2 * across(left, right) - within(left) - within(right))
      })
      assert.ok(Math.abs(bestSplit(values)!.energy - Math.max(...energies)) < 1e-6)
    }),
  )
})

test('planted shifts are found at their commits, and rarely elsewhere', () => {
  const random = new Random(2)
  let [both, exact] = [0, 0]
  for (let each = 0; each < 20; each += 1) {
    const series = [...noisy(random, 20, 100, 0.02), ...noisy(random, 15, 108, 0.02), ...noisy(random, 15, 97, 0.02)]
    const found = changePoints(series, ALPHA).map(({ at }) => at)
    if ([20, 35].every((at) => found.some((other) => Math.abs(other - at) <= 2))) both += 1
    if (found.join() === '20,35') exact += 1
  }
  assert.ok(both >= 18 && exact >= 15, `${both} and ${exact} of 20`)
})

test('hardly more than alpha of flat series get a change point', () => {
  const random = new Random(4)
  let alarms = 0
  for (let each = 0; each < 100; each += 1) {
    if (changePoints(noisy(random, 30, 100, 0.1), ALPHA).length > 0) alarms += 1
  }
  assert.ok(alarms <= 4, `${alarms} of 100`)
})

test('a series that is too short, or never varies, shows nothing', () => {
  assert.deepEqual(changePoints([1, 1, 1, 9, 9, 9, 9], ALPHA), [])
  assert.deepEqual(changePoints(new Array(30).fill(5), ALPHA), [])
})

const entry = (index: number, median: number, over = {}): Entry =>
  entryOf(
    resultOf([runOf({ faults_per_second: [median] }, over)], {
      id: `${index}`,
      createdAt: new Date(index * 1e6).toISOString(),
      source: { git: `${index}`.padStart(40, 'a'), dirty: false, definition: 'd' },
    }),
  )

test('an exact series names each commit that changed it, whatever came between', () => {
  const modelled = { kind: 'modelled', machine: 'altra-64' } as const
  const entries = [5, 5, 7, 7, 5].map((value, index) => entry(index, value, modelled))
  const [series] = seriesOf(entries)
  assert.deepEqual(
    shiftsOf(series!, ALL).map(({ at, before, after, verdict }) => [at, before, after, verdict]),
    [
      [2, 5, 7, 'better'],
      [4, 7, 5, 'worse'],
    ],
  )
})

test('entries are put in the order of their time, and another host is another series', () => {
  const moved = { ...entry(9, 50), host: { cpu: 'another', cores: 2, node: 'v20' } }
  const series = seriesOf([entry(2, 3), moved, entry(1, 2)])
  assert.deepEqual(
    series.map(({ points }) => points.map(({ value }) => value)),
    [[2, 3], [50]],
  )
})

test('a modelled machine with other costs is another series, whatever it is called', () => {
  const on = (profileHash: string) => {
    const model = { profile: 'altra-64', profileHash, engineHash: 'e', steps: 1, blocked: [], draws: [], whatIf: [] }
    return { kind: 'modelled', machine: 'altra-64', model } as const
  }
  const entries = [on('a'), on('a'), on('b')].map((over, index) => entry(index, 5 + index, over))
  assert.deepEqual(
    seriesOf(entries).map(({ points }) => points.length),
    [2, 1],
  )
})

test('a history is read back as it was written, and a damaged line is named', () => {
  const lines = [entry(1, 2), entry(2, 3)].map((each) => JSON.stringify(each))
  const read = readEntries(`${lines.join('\n')}\n`, 'h')
  assert.deepEqual(read, { entries: [entry(1, 2), entry(2, 3)], damaged: [] })
  for (const damaged of ['{', '{}', 'null', '{"schema":"faultline.history","version":1,"runs":[{}]}']) {
    assert.deepEqual(readEntries(`${lines[0]}\n${damaged}\n`, 'h'), { entries: [entry(1, 2)], damaged: [2] })
    assert.throws(() => readEntries(`\n${damaged}\n`, 'h.jsonl'), /h.jsonl: line 2 is not an entry/)
  }
})

test('no more of flat autocorrelated series get a change point', () => {
  const random = new Random(6)
  for (const correlation of [0.3, 0.5, 0.8]) {
    const share = Math.sqrt(1 - correlation ** 2)
    let alarms = 0
    for (let each = 0; each < 40; each += 1) {
      const [first, ...steps] = noisy(random, 24, 1, 1).map((value) => value - 1)
      let value = first!
      const series = [value, ...steps.map((step) => (value = correlation * value + share * step))]
      if (changePoints(series, ALPHA).length > 0) alarms += 1
    }
    // With orders of the same values in place of autocorrelated ones: 6, 15 and 36 of 40.
    assert.ok(alarms <= 2, `${alarms} of 40 at ${correlation}`)
  }
})

const withParams = (index: number, median: number, params: object) =>
  entry(index, median, { params: { vcpus: 1, ...params } })

test('a parameter that is added does not split a series, and is named with the entry that brought it', () => {
  const [series, ...others] = seriesOf([
    withParams(1, 100, {}),
    withParams(2, 101, {}),
    withParams(3, 90, { tlb: 512 }),
    withParams(4, 91, { tlb: 512 }),
  ])
  assert.equal(others.length, 0)
  assert.equal(series!.points.length, 4)
  assert.deepEqual(
    series!.joined.map(({ since, names }) => [since.id, ...names]),
    [['3', 'tlb']],
  )
})

test('if two runs could continue a series, the one with the default of the new parameter does', () => {
  const first = withParams(1, 100, {})
  const [a, b] = [withParams(2, 50, { tlb: 64 }), withParams(2, 101, { tlb: 512 })]
  for (const runs of [
    [...a.runs, ...b.runs],
    [...b.runs, ...a.runs],
  ]) {
    const series = seriesOf([first, { ...a, runs }])
    assert.deepEqual(
      series.map(({ points }) => points.map(({ value }) => value)).sort((one, other) => other.length - one.length),
      [[100, 101], [50]],
    )
  }
})

test('a parameter with another value is another series', () => {
  const series = seriesOf([withParams(1, 100, { tlb: 64 }), withParams(2, 50, { tlb: 512 })])
  assert.equal(series.length, 2)
})

test('a change that is too small, or too old, is not reported', () => {
  const levels = [...new Array(12).fill(100), ...new Array(12).fill(104)]
  const values = levels.map((level, index) => level + ((index * 7) % 10) / 100)
  const [series] = seriesOf(values.map((value, index) => entry(index, value)))
  const told = (over: object) => shiftsOf(series!, { ...ALL, ...over }).length
  assert.deepEqual([told({}), told({ least: 0.05 }), told({ newest: 12 }), told({ newest: 11 })], [1, 0, 1, 0])
})

test('a history in CSV has the median of each metric at each commit, and its other columns are parameters', () => {
  const text =
    '\ufeffcommit,date,vcpus,metric,value,note\r\naaa,2026-01-01,2,faults_per_second,10,"x, y"\r\naaa,2026-01-01,2,faults_per_second,30,"x, y"\nbbb,2026-01-02,2,faults_per_second,7,"x, y"\n'
  const entries = entriesOfCsv(text, 'h.csv')
  const [series] = seriesOf(entries)
  assert.deepEqual(
    series!.points.map(({ entry: { git }, value }) => [git, value]),
    [
      ['aaa', 20],
      ['bbb', 7],
    ],
  )
  assert.deepEqual([series!.run.params, series!.better], [{ vcpus: 2, note: 'x, y' }, 'higher'])
  for (const [damaged, says] of [
    ['metric,value\na,1\n', /no column commit or date/],
    ['commit,value\na,1\n', /no column metric/],
    ['commit,metric,value\na,b,c\n', /value of b is 'c', which is not a number/],
    ['date,metric,value\nsoon,b,1\n', /'soon' is no date/],
    ['commit,metric,value\na,b\n', /h.csv is no CSV/],
  ] as const) {
    assert.throws(() => entriesOfCsv(damaged, 'h.csv'), says)
  }
})
