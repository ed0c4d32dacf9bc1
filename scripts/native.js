// The locks, the fault path and the notifier against C11, the first two also against Atomics by hand, the fault with instruments, and the
// checker against SPIN, in one run on this host.
// `npm run bench:native`, `npm run bench:native -- --only alone,contended,words,fault,notifier,instruments,spin --rounds 3 --ms 100`.
// Needs gcc and, for the last, spin.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { faultFigures } from './native/fault-figures.js'
import { instrumentFigures } from './native/instrument-figures.js'
import { aloneFigures, contendedFigures } from './native/lock-figures.js'
import { notifierFigures } from './native/notifier-figures.js'
import { Missing, need, printed } from './native/programs.js'
import { spinFigures } from './native/spin-figures.js'
import { wordsFigures } from './native/words-figures.js'

const PARTS = {
  alone: aloneFigures,
  contended: contendedFigures,
  words: wordsFigures,
  fault: faultFigures,
  notifier: notifierFigures,
  instruments: instrumentFigures,
  spin: spinFigures,
}

/** The load of a host above which it is not idle. */
const BUSY = 0.5

function options() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: Object.keys(PARTS).join() },
      rounds: { type: 'string', default: '3' },
      ms: { type: 'string', default: '150' },
    },
  })
  const [rounds, ms] = [Number(values.rounds), Number(values.ms)]
  const only = values.only.split(',')
  const unknown = only.find((part) => PARTS[part] === undefined)
  if (unknown !== undefined) throw new Missing(`--only has no ${unknown}: it is of ${Object.keys(PARTS).join(', ')}`)
  if (!(Number.isInteger(rounds) && rounds > 0 && ms > 0)) throw new Missing('--rounds and --ms are numbers above 0')
  return { only, rounds, ms }
}

async function main() {
  const { only, rounds, ms } = options()
  need('gcc')
  const compiler = printed('gcc', ['--version']).split('\n')[0]
  const [cpu] = cpus()
  console.log(`${cpu?.model.trim()}, ${cpus().length} cores, Node ${process.version}, ${compiler}, ${today()}.`)
  const load = loadavg()[0]
  if (load > BUSY)
    console.log(`${load.toFixed(1)} threads run or wait for a core already: locks of two are at their mercy.`)
  const folder = mkdtempSync(join(tmpdir(), 'faultline-native-'))
  try {
    for (const part of only) {
      console.log('')
      for (const line of await PARTS[part](folder, { rounds, ms })) console.log(line)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const today = () => new Date().toISOString().slice(0, 10)

try {
  await main()
} catch (error) {
  if (!(error instanceof Missing) && error?.code?.startsWith('ERR_PARSE_ARGS') !== true) throw error
  console.error(error.message)
  process.exitCode = 2
}
