// Hands the program what it should not be given: generated inputs, signals at seeded moments, disks that fill, pipes that close, two
// processes on one file. What it may not do: throw anything but a refusal, take long, hang, or leave something behind.
//   node scripts/torture.js [--seed 1] [--inputs 20000] [--seconds S] [--signals 0] [--only traces,results]
import { parseArgs } from 'node:util'
import { AREAS, isRefusal } from './torture/inputs.js'
import { tortureProcesses } from './torture/processes.js'
import { randomOf } from './torture/random.js'

const SLOW_MS = 5000
const MOST_TOLD = 20

/** Runs inputs of all areas, each by its share; returns counts and violations, each with what repeats it. */
export async function torture({ seed, inputs, seconds = Number.POSITIVE_INFINITY, areas = AREAS }) {
  const turns = areas.flatMap((area) => new Array(area.share).fill(area))
  const end = performance.now() + seconds * 1000
  const counts = Object.fromEntries(areas.map(({ name }) => [name, { inputs: 0, taken: 0, refused: 0, violations: 0 }]))
  const violations = []
  for (let index = 0; index < inputs && performance.now() < end; index += 1) {
    const own = (seed * 1_000_003 + index) >>> 0
    const { name, once } = turns[randomOf(own).below(turns.length)]
    const count = counts[name]
    const violated = (error) => {
      count.violations += 1
      violations.push({ area: name, seed: own, error })
    }
    const began = performance.now()
    count.inputs += 1
    try {
      await once(randomOf(own))
      count.taken += 1
    } catch (error) {
      if (isRefusal(error)) count.refused += 1
      else violated(error)
    }
    const tookMs = performance.now() - began
    if (tookMs > SLOW_MS) violated(new Error(`it took ${tookMs} ms`))
  }
  return { counts, violations }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      inputs: { type: 'string', default: '20000' },
      seconds: { type: 'string' },
      signals: { type: 'string', default: '0' },
      only: { type: 'string' },
    },
  })
  const limits = values.seconds === undefined ? {} : { seconds: Number(values.seconds) }
  const only = values.only?.split(',')
  const areas = AREAS.filter(({ name }) => only === undefined || only.includes(name))
  const [seed, inputs, signals] = [values.seed, values.inputs, values.signals].map(Number)
  const { counts, violations } = await torture({ seed, inputs, areas, ...limits })
  console.table(counts)
  const inProcesses = await tortureProcesses({ seed, signals, only })
  console.table(inProcesses.counts)
  for (const { area, seed, error } of [...violations, ...inProcesses.violations].slice(0, MOST_TOLD)) {
    console.log(`${area}, seed ${seed}: ${error.stack ?? error}`)
  }
  process.exitCode = violations.length + inProcesses.violations.length === 0 ? 0 : 1
}
