// Measures the same code against itself, again and again, and appends what each pair's trials were to a file of lines:
//   node scripts/real-aa-pairs.js FILE PAIRS [SEED]
// `scripts/real-aa-alarms.js FILE` says how often the comparison would have cried wolf.
import { appendFileSync } from 'node:fs'
import { bench } from '../dist/bench/bench.js'
import { groupOf } from '../dist/bench/plan.js'
import precheck from '../dist/bench/scenarios/precheck.js'

const [file, pairs, seed = '1'] = process.argv.slice(2)
const CREW = { vcpus: 1, notifiers: 1, zappers: 0 }
const PLAN = {
  seed: Number(seed),
  trials: 10,
  latencyTrials: 0,
  aaTrials: 0,
  durationMs: 50,
  warmupMs: 30,
  arrival: { kind: 'closed' },
  sampleEvery: 8,
  timelineEvents: 0,
  oracles: true,
  costs: {},
}

/** Both sides are one variant: their trials are interleaved as those of two would be. */
const group = () => groupOf(precheck, ['precheck', 'precheck'], CREW, { range: '512', 'pause-us': '100' }, null)

function trialsOf({ trials, metrics }) {
  const better = Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, metric.better]))
  return { better, trials: trials.map(({ seed, mode, metrics: values }) => ({ seed, mode, metrics: values })) }
}

let saved = 0
await bench(
  {
    groups: Array.from({ length: Number(pairs) }, group),
    plan: PLAN,
    command: [],
    runtime: { node: process.version, v8: process.versions.v8 },
    signal: new AbortController().signal,
  },
  {
    progress: () => {},
    finished: ({ runs, host, source, createdAt }) => {
      const sides = runs.slice(saved)
      saved = runs.length
      const about = { createdAt, git: source.git, cpu: host.cpu, cores: host.cores, node: host.node }
      appendFileSync(file, `${JSON.stringify({ ...about, sides: sides.map(trialsOf) })}\n`)
    },
  },
)
