// Measures the same code against itself, again and again, and appends what it gave to a file of lines: interleaved pairs, and results
// one after the other.
//   node scripts/real-aa-pairs.js FILE PAIRS [SEED] [precheck|kept|loop]
// `precheck` runs the scenario, with its workers; `kept` runs interleaved pairs only, whose workers are kept for several trials, in 15 s each; `loop` takes and releases a ticket lock on one thread, which is done in two minutes.
// `scripts/real-aa-alarms.js FILE` says how often the comparison would have cried wolf.
import { appendFileSync } from 'node:fs'
import { bench } from '../dist/bench/bench.js'
import { resultOf, runOf } from '../dist/bench/comparing/testing.contract.js'
import { describeHost } from '../dist/bench/host.js'
import { groupOf } from '../dist/bench/plan.js'
import precheck from '../dist/bench/scenarios/precheck.js'
import { Random } from '../dist/workers/random.js'

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

/** As many pairs of trials as fit into 15 s. */
const KEPT = { ...PLAN, trials: 20, latencyTrials: 0, aaTrials: 0, durationMs: 200, warmupMs: 300 }

/** Two of one variant are interleaved as two variants would be; one alone is what a file has. */
const groupWith = (count, set = { range: '512', 'pause-us': '100' }) =>
  groupOf(precheck, new Array(count).fill('precheck'), CREW, set, null)

const slim = (run) => ({ ...run, histograms: {}, locks: [], counters: {} })

/** Measures `pairs` times a pair and a file, in turn, and one file more. */
export async function measure(file, pairs, seed, subject) {
  const append = (result) => {
    appendFileSync(file, `${JSON.stringify({ ...result, createdAt: new Date().toISOString() })}\n`)
  }
  if (subject === 'loop') return measureLoop(pairs, seed, append)
  const isKept = subject === 'kept'
  const short = () => [...Array.from({ length: pairs }, () => [groupWith(2), groupWith(1)]).flat(), groupWith(1)]
  const groups = isKept ? Array.from({ length: pairs }, () => ({ ...groupWith(2, {}), words: 'wasm' })) : short()
  let saved = 0
  await bench(
    {
      groups,
      plan: { ...(isKept ? KEPT : PLAN), seed },
      command: [],
      runtime: { node: process.version, v8: process.versions.v8 },
      signal: new AbortController().signal,
    },
    {
      progress: () => {},
      speed: () => {},
      finished: ({ runs, ...result }) => {
        append({ ...result, runs: runs.slice(saved).map(slim) })
        saved = runs.length
      },
    },
  )
}

const TRIALS = 10
const LOOP_MS = 10

function measureLoop(pairs, seed, append) {
  const random = new Random(seed)
  const rates = () => Array.from({ length: TRIALS }, lockRate)
  lockRate()
  for (let pair = 0; pair < pairs; pair += 1) {
    const rounds = Array.from({ length: TRIALS }, () => {
      const both = [lockRate(), lockRate()]
      return random.below(2) === 0 ? both : both.reverse()
    })
    append(loopResult([rounds.map(([base]) => base), rounds.map(([, head]) => head)]))
    append(loopResult([rates()]))
  }
  append(loopResult([rates()]))
}

const loopResult = (sides) =>
  resultOf(
    sides.map((faults_per_second) => runOf({ faults_per_second })),
    { host: describeHost({ node: process.version, v8: process.versions.v8 }, 0) },
  )

const words = new Int32Array(new SharedArrayBuffer(8))

/** A ticket lock, taken and released a second by the only one that wants it. */
function lockRate() {
  const began = performance.now()
  let [rounds, ended] = [0, began]
  while (ended - began < LOOP_MS) {
    for (let each = 0; each < 1000; each += 1) {
      const ticket = Atomics.add(words, 0, 1)
      while (Atomics.load(words, 1) !== ticket);
      Atomics.store(words, 1, (ticket + 1) | 0)
    }
    rounds += 1000
    ended = performance.now()
  }
  return (rounds * 1000) / (ended - began)
}

if (process.argv[1].endsWith('real-aa-pairs.js')) {
  const [file, pairs, seed = '1', subject = 'precheck'] = process.argv.slice(2)
  await measure(file, Number(pairs), Number(seed), subject)
}
