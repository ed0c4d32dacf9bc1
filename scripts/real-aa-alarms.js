// How often the comparison would have called a change in what `scripts/real-aa-pairs.js` measured of the same code twice:
//   node scripts/real-aa-alarms.js FILE
import { readFileSync } from 'node:fs'
import { probabilityOf } from '../dist/bench/comparing/verdict.js'
import { holm } from '../dist/bench/significance/holm.js'
import { pairedRatio } from '../dist/bench/statistics.js'

const ALPHA = 0.05
const pairs = readFileSync(process.argv[2], 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const valuesOf = (side, metric) => side.trials.flatMap(({ metrics }) => metrics[metric] ?? [])

function samplesOf(a, b, metric, isPaired) {
  const [base, head] = [valuesOf(a, metric), valuesOf(b, metric)]
  return { base, head, pairs: isPaired ? base.map((value, round) => [value, head[round]]) : [] }
}

/** Figures with a direction, as the table has them. */
const figuresOf = (side) => Object.entries(side.better).flatMap(([name, better]) => (better === null ? [] : [name]))

/** What five rounds of a pair say of how far the code is from itself, as `bench` measures it before a run. */
const noiseOf = ([a, b], metric) => pairedRatio(valuesOf(a, metric).slice(0, 5), valuesOf(b, metric).slice(0, 5))?.ci95

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]

function isInside([a, b], metric, noise) {
  const ratio = median(valuesOf(b, metric)) / median(valuesOf(a, metric))
  return noise.some((sides) => {
    const interval = noiseOf(sides, metric)
    return interval !== undefined && interval[0] <= ratio && ratio <= interval[1]
  })
}

/** Each couple with the pairs whose rounds tell the noise of its day. */
function alarms(couples, isPaired) {
  let [alone, table, final] = [0, 0, 0]
  for (const { sides, noise } of couples) {
    const names = figuresOf(sides[0])
    const ps = names.map((name) => probabilityOf(samplesOf(...sides, name, isPaired), ALPHA / names.length))
    if (probabilityOf(samplesOf(...sides, 'faults_per_second', isPaired), ALPHA) < ALPHA) alone += 1
    const claimed = names.filter((_, index) => holm(ps)[index] < ALPHA)
    if (claimed.length > 0) table += 1
    if (claimed.some((name) => !isInside(sides, name, noise))) final += 1
  }
  const share = (count) => `${count} of ${couples.length} (${((count / couples.length) * 100).toFixed(1)} %)`
  const what = [`faults_per_second alone, by p: ${share(alone)}`, `anywhere in the table, by p: ${share(table)}`]
  return [...what, `and outside of the noise of the day: ${share(final)}`].map((line) => `  ${line}`).join('\n')
}

const spreads = pairs.map(({ sides: [a] }) => {
  const values = valuesOf(a, 'faults_per_second').sort((x, y) => x - y)
  return (values[7] - values[2]) / values[5]
})
spreads.sort((a, b) => a - b)
const { cpu, cores, node } = pairs[0]
console.log(`${cpu}, ${cores} cores, Node ${node}; ${pairs.length} pairs of ${pairs[0].sides[0].trials.length} trials`)
console.log(
  `interquartile range of faults/s in a side: median ${(spreads[spreads.length >> 1] * 100).toFixed(0)} % of it`,
)
// The noise of a pair is that of the pair before it: its own rounds cannot be both the noise and the question.
const later = pairs.slice(1)
const before = (index) => [pairs[index].sides]
console.log(
  `interleaved\n${alarms(
    later.map(({ sides }, index) => ({ sides, noise: before(index) })),
    true,
  )}`,
)
const apart = pairs.slice(3).map(({ sides }, index) => ({
  sides: [pairs[index + 1].sides[0], sides[1]],
  noise: [pairs[index].sides, pairs[index + 2].sides],
}))
console.log(`one after the other, as two files\n${alarms(apart, false)}`)
