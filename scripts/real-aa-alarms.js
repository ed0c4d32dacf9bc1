// How often the comparison would have called a change in what `scripts/real-aa-pairs.js` measured of the same code, and how often it
// finds what is planted in it:
//   node scripts/real-aa-alarms.js FILE
import { readFileSync } from 'node:fs'
import { judgeReal } from '../dist/bench/trust/real.js'
import { trustText } from '../dist/report/trust-text.js'
import { ALPHA, SHIFTS } from './simulated-alarms.js'

function read(file) {
  const results = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  return {
    pairs: results.filter(({ runs }) => runs.length === 2),
    files: results.filter(({ runs }) => runs.length === 1),
  }
}

export function realRows(file) {
  const measured = read(file)
  const hows = measured.files.length === 0 ? ['interleaved'] : ['interleaved', 'separate files']
  return hows.map((how) => {
    const { verdict, any, count } = judgeReal(measured, how, 0, ALPHA)
    const found = SHIFTS.map((shift) => judgeReal(measured, how, shift, ALPHA).found)
    return { noise: 'this host, the same code', how, pairs: count, verdict, any, found }
  })
}

/** On what, and how much trials of one side differ. */
export function realTitle(file) {
  const { pairs } = read(file)
  const spreads = pairs.map(({ runs: [{ trials }] }) => {
    const values = trials.flatMap(({ metrics }) => metrics.faults_per_second ?? []).sort((a, b) => a - b)
    return (values[Math.floor(values.length * 0.75)] - values[values.length >> 2]) / values[values.length >> 1]
  })
  const middle = spreads.sort((a, b) => a - b)[spreads.length >> 1]
  const { cpu, cores, node } = pairs[0].host
  const range = (middle * 100).toFixed(middle < 0.1 ? 1 : 0)
  const what = Object.keys(pairs[0].runs[0].metrics).length > 1 ? 'precheck' : 'a ticket lock on one thread'
  return `${cpu}, ${cores} cores, Node ${node}: ${what}, short trials; the interquartile range of a side's trials is ${range} % of them`
}

if (process.argv[1].endsWith('real-aa-alarms.js')) {
  const [file] = process.argv.slice(2)
  console.log(`${realTitle(file)}\n\n${trustText(realRows(file), SHIFTS)}`)
}
