// Measures the same code against itself, again and again, and appends what it gave to a file of lines: interleaved pairs, and results
// one after the other.
//   node scripts/real-aa-pairs.js FILE PAIRS [SEED]
// `scripts/real-aa-alarms.js FILE` says how often the comparison would have cried wolf.
import { appendFileSync } from 'node:fs'
import { bench } from '../dist/bench/bench.js'
import { groupOf } from '../dist/bench/plan.js'
import precheck from '../dist/bench/scenarios/precheck.js'

const CREW = { vcpus: 1, notifiers: 1, zappers: 0 }
const PLAN = {
  trials: 10,
  latencyTrials: 5,
  aaTrials: 5,
  durationMs: 15,
  warmupMs: 10,
  arrival: { kind: 'closed' },
  sampleEvery: 8,
  timelineEvents: 0,
  oracles: true,
  costs: {},
}

/** Two of one variant are interleaved as two variants would be; one alone is what a file has. */
const groupWith = (count) =>
  groupOf(precheck, new Array(count).fill('precheck'), CREW, { range: '512', 'pause-us': '100' }, null)

const slim = (run) => ({ ...run, histograms: {}, locks: [], counters: {} })

/** Measures `pairs` times a pair and a file, in turn, and one file more. */
export async function measure(file, pairs, seed) {
  const groups = [...Array.from({ length: pairs }, () => [groupWith(2), groupWith(1)]).flat(), groupWith(1)]
  let saved = 0
  await bench(
    {
      groups,
      plan: { ...PLAN, seed },
      command: [],
      runtime: { node: process.version, v8: process.versions.v8 },
      signal: new AbortController().signal,
    },
    {
      progress: () => {},
      speed: () => {},
      finished: ({ runs, ...result }) => {
        const own = runs.slice(saved).map(slim)
        saved = runs.length
        const createdAt = new Date().toISOString()
        appendFileSync(file, `${JSON.stringify({ ...result, createdAt, runs: own })}\n`)
      },
    },
  )
}

if (process.argv[1].endsWith('real-aa-pairs.js')) {
  const [file, pairs, seed = '1'] = process.argv.slice(2)
  await measure(file, Number(pairs), Number(seed))
}
