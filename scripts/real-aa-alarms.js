// How often the comparison would have called a change in what `scripts/real-aa-pairs.js` measured of the same code twice:
//   node scripts/real-aa-alarms.js FILE
import { readFileSync } from 'node:fs'
import { probabilityOf } from '../dist/bench/comparing/verdict.js'
import { holm } from '../dist/bench/significance/holm.js'

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

function alarms(couples, isPaired) {
  let [alone, table] = [0, 0]
  for (const [a, b] of couples) {
    const names = figuresOf(a)
    const ps = names.map((name) => probabilityOf(samplesOf(a, b, name, isPaired), ALPHA / names.length))
    if (probabilityOf(samplesOf(a, b, 'faults_per_second', isPaired), ALPHA) < ALPHA) alone += 1
    if (holm(ps).some((p) => p < ALPHA)) table += 1
  }
  const share = (count) => `${count} of ${couples.length} (${((count / couples.length) * 100).toFixed(1)} %)`
  return `faults_per_second alone: ${share(alone)}; anywhere in the table: ${share(table)}`
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
console.log(
  `interleaved:  ${alarms(
    pairs.map(({ sides }) => sides),
    true,
  )}`,
)
const apart = pairs.slice(1).map(({ sides }, index) => [pairs[index].sides[0], sides[1]])
console.log(`one after the other, as two files: ${alarms(apart, false)}`)
