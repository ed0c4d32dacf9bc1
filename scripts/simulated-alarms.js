// How often the comparison cries wolf, and how often it finds what is there, on 10,000 synthetic pairs of each kind:
//   node scripts/simulated-alarms.js [PAIRS] [TRIALS]

import { noisy } from '../dist/bench/comparing/testing.contract.js'
import { probabilityOf } from '../dist/bench/comparing/verdict.js'
import { holm } from '../dist/bench/significance/holm.js'
import { Random } from '../dist/workers/random.js'

const PAIRS = Number(process.argv[2] ?? 10_000)
/** Of `bench`; `bench --ab` has 12. */
const TRIALS = Number(process.argv[3] ?? 10)
const ALPHA = 0.05

/** Shapes of noise: what a quiet host gives, and two that a busy one does. */
const NOISE = {
  normal: (random, spread) => noisy(random, TRIALS, 1, spread),
  'one trial in ten up to 3 times as slow': (random, spread) =>
    noisy(random, TRIALS, 1, spread).map((value) =>
      random.below(10) === 0 ? value * (1 + random.below(200) / 100) : value,
    ),
  'two speeds': (random, spread) =>
    noisy(random, TRIALS, 1, spread).map((value) => (random.below(2) === 0 ? value * 1.3 : value)),
}

/** Interleaved trials share what the host does in their round. */
function pair(random, make, spread, shift, isPaired) {
  const drift = isPaired ? noisy(random, TRIALS, 1, 0.1) : new Array(TRIALS).fill(1)
  const side = (factor) => make(random, spread).map((value, round) => value * drift[round] * factor)
  const [base, head] = [side(1), side(1 + shift)]
  return { base, head, pairs: isPaired ? base.map((value, round) => [value, head[round]]) : [] }
}

/** Share of tables in which the comparison claims a change of their first figure, and of any figure. */
function claims({ make, spread, shift, isPaired, figures, pairs }) {
  const random = new Random(1)
  let [first, any] = [0, 0]
  for (let each = 0; each < pairs; each += 1) {
    const ps = Array.from({ length: figures }, (_, figure) =>
      probabilityOf(pair(random, make, spread, figure === 0 ? shift : 0, isPaired), ALPHA / figures),
    )
    const adjusted = holm(ps)
    if (adjusted[0] < ALPHA) first += 1
    if (adjusted.some((p) => p < ALPHA)) any += 1
  }
  return { first: first / pairs, any: any / pairs }
}

const percent = (share) => `${(share * 100).toFixed(1)} %`.padStart(8)
const how = (isPaired) => (isPaired ? 'interleaved' : 'separate files')

console.log(`${PAIRS} pairs of ${TRIALS} trials, alpha ${ALPHA}\n\nfalse alarms, one figure`)
for (const [name, make] of Object.entries(NOISE)) {
  for (const isPaired of [false, true]) {
    const { any } = claims({ make, spread: 0.03, shift: 0, isPaired, figures: 1, pairs: PAIRS })
    console.log(`  ${percent(any)}  ${how(isPaired).padEnd(14)}  ${name}`)
  }
}
console.log('\nfalse alarms anywhere in a table of 15 figures')
for (const isPaired of [false, true]) {
  const { any } = claims({ make: NOISE.normal, spread: 0.03, shift: 0, isPaired, figures: 15, pairs: PAIRS })
  console.log(`  ${percent(any)}  ${how(isPaired)}`)
}
console.log('\na shift of one figure that is found: alone, and in a table of 15')
console.log('  spread   shift  separate           interleaved')
for (const spread of [0.01, 0.03, 0.05, 0.1]) {
  for (const shift of [0.05, 0.1, 0.2]) {
    const cells = [false, true].map((isPaired) =>
      [1, 15].map((figures) =>
        percent(claims({ make: NOISE.normal, spread, shift, isPaired, figures, pairs: PAIRS / 10 }).first),
      ),
    )
    console.log(`${percent(spread)}${percent(shift)}  ${cells.map((pair) => pair.join(' ')).join('  ')}`)
  }
}
