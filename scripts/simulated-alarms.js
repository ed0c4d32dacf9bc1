// How often the comparison cries wolf, and how often it finds what is there, on simulated pairs that go through the whole procedure:
//   node scripts/simulated-alarms.js [PAIRS] [TRIALS] [SPREAD] [SEED]
import { NOISES } from '../dist/bench/trust/noises.js'
import { simulate } from '../dist/bench/trust/simulate.js'
import { trustText } from '../dist/report/trust-text.js'

export const ALPHA = 0.05
export const SHIFTS = [0.05, 0.1, 0.2]
const HOWS = ['interleaved', 'separate files']

/** Power takes a tenth of the pairs: it is no small share. */
export function simulatedRows({ pairs, trials, spread, seed }) {
  return HOWS.flatMap((how) =>
    NOISES.map((noise) => {
      const options = { how, noise, trials, spread, alpha: ALPHA, seed }
      const { verdict, any } = simulate({ ...options, pairs, shift: 0 })
      const few = Math.max(1, Math.round(pairs / 10))
      const found = SHIFTS.map((shift) => simulate({ ...options, pairs: few, shift }).found)
      return { noise: noise.name, how, pairs, verdict, any, found }
    }),
  )
}

export const simulatedTitle = ({ pairs, trials, spread }) =>
  `${pairs} simulated pairs of ${trials} trials, which vary by ${(spread * 100).toFixed(0)} %; 15 figures, of which 4 decide; alpha ${ALPHA}`

if (process.argv[1].endsWith('simulated-alarms.js')) {
  const [pairs = 10_000, trials = 10, spread = 0.03, seed = 1] = process.argv.slice(2).map(Number)
  const options = { pairs, trials, spread, seed }
  console.log(`${simulatedTitle(options)}\n\n${trustText(simulatedRows(options), SHIFTS)}`)
}
