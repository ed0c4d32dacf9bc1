import { median, table } from './programs.js'
import { runWorkers } from './workers.js'

const LOCKS = ['tatas', 'ticket', 'qspinlock', 'mutex', 'qrwlock-read', 'qrwlock-write']
const WAYS = ['atomics', 'wasm']
/** Turns of a multiply-add inside and, at most twice as many, outside of the section: as in lock-figures.js. */
const LOADS = [
  { inside: 50, outside: 50 },
  { inside: 50, outside: 500 },
]

/** What two threads get done with each kind of words, in turns that begin with the one and then with the other. */
export async function wordsFigures(_folder, { rounds, ms }) {
  const rows = []
  for (const lock of LOCKS) {
    for (const { inside, outside } of LOADS) {
      const ratios = []
      for (let round = 0; round < rounds; round += 1) {
        const rates = {}
        for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) {
          const ran = await runWorkers({ way, lock, workers: 2, inside, outside, ms })
          rates[way] = ran.reduce((sum, { operations, ns }) => sum + operations / ns, 0)
        }
        ratios.push(rates.wasm / rates.atomics)
      }
      const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2))
      rows.push([lock, `${inside}:${outside}`, median(ratios).toFixed(2), `${least} to ${most}`])
    }
  }
  return [table(['lock of two', 'inside:outside', 'wasm / atomics', 'of the rounds'], rows)]
}
