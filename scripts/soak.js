// Runs every scenario on threads with its oracles on, round after round, in one process. What it may not do: see a forbidden outcome of
// a good variant, fail, leave a worker behind, or need more memory the longer it runs.
//   node scripts/soak.js [--seconds 1800] [--seed 1]
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { bench } from '../dist/bench/bench.js'
import { groupOf } from '../dist/bench/plan.js'
import { SCENARIOS } from '../dist/bench/scenarios/all.js'

/** Memory of the first rounds is that of the compiler and of pools; the most that they took is what later rounds are held to. */
const SETTLING_ROUNDS = 6
const MOST_GROWTH_MB = 64

const threads = () => readdirSync('/proc/self/task').length
const megabytes = () => Math.round(process.memoryUsage.rss() / 2 ** 20)

function planOf(seed) {
  const effort = { trials: 1, latencyTrials: 1, aaTrials: 0, timelineEvents: 0 }
  const load = { durationMs: 300, warmupMs: 100, arrival: { kind: 'closed' }, sampleEvery: 8 }
  return { seed, ...effort, ...load, oracles: true, costs: {} }
}

function groups() {
  const vcpus = Math.max(1, availableParallelism() - 1)
  return SCENARIOS.filter(({ kind }) => kind === 'vm').map((scenario) => {
    const good = scenario.variants.filter(({ kind }) => kind === 'good').map(({ name }) => name)
    return groupOf(scenario, good, { vcpus, notifiers: 1, zappers: 0 }, {}, null)
  })
}

/** One round of all scenarios; returns what must not be. */
async function round(seed) {
  const { signal } = new AbortController()
  const runtime = { node: process.version, v8: process.versions.v8 }
  const options = { groups: groups(), plan: planOf(seed), command: ['soak'], runtime, signal }
  const { runs } = await bench(options, { progress: () => {}, speed: () => {}, finished: () => {} })
  return runs.flatMap(({ scenario, variant, error, outcomes }) => [
    ...(error === null ? [] : [`${scenario} ${variant}: ${error.message}`]),
    ...outcomes.filter(({ grade }) => grade === 'forbidden').map(({ outcome }) => `${scenario} ${variant}: ${outcome}`),
  ])
}

/** Goes on for so long, and says what was wrong. */
export async function soak({ seconds, seed, tell }) {
  const end = performance.now() + seconds * 1000
  const faults = []
  const found = (fault) => {
    faults.push(fault)
    tell(fault)
  }
  let rounds = 0
  let settled
  for (; rounds === 0 || performance.now() < end; rounds += 1) {
    for (const fault of await round(seed + rounds)) found(`round ${rounds}, seed ${seed + rounds}: ${fault}`)
    // Threads that have ended are gone from the system a moment later.
    await new Promise((resolve) => setTimeout(resolve, 500))
    global.gc?.()
    const now = { threads: threads(), mb: megabytes() }
    if (rounds < SETTLING_ROUNDS) settled = { threads: now.threads, mb: Math.max(now.mb, settled?.mb ?? 0) }
    else if (now.threads > settled.threads) found(`round ${rounds}: ${now.threads} threads, once ${settled.threads}`)
    tell(`round ${rounds}: ${now.threads} threads, ${now.mb} MB, ${faults.length} faults`)
    if (rounds >= SETTLING_ROUNDS && now.mb > settled.mb + MOST_GROWTH_MB)
      found(`round ${rounds}: ${now.mb} MB, once ${settled.mb}`)
  }
  return { rounds, faults }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '1800' }, seed: { type: 'string', default: '1' } },
  })
  const { rounds, faults } = await soak({
    seconds: Number(values.seconds),
    seed: Number(values.seed),
    tell: console.log,
  })
  console.log(`${rounds} rounds of every scenario on threads: ${faults.length} faults`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
