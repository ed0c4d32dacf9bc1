// One table of how often the comparison is wrong, and how often it finds what is there: on simulated noises, and on this host.
//   npm run trust -- [--pairs 10000] [--real 200] [--trials 10] [--spread 0.03] [--seed 1] [--subject precheck] [--keep FILE]
// `--real 0` leaves this host out; `--subject loop` measures a lock on one thread in place of a scenario; `--keep FILE` keeps what it measured, and takes what is there.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { trustText } from '../dist/report/trust-text.js'
import { realRows, realTitle } from './real-aa-alarms.js'
import { measure } from './real-aa-pairs.js'
import { SHIFTS, simulatedRows, simulatedTitle } from './simulated-alarms.js'

const text = (value) => ({ type: 'string', default: value })
const { values } = parseArgs({
  options: {
    pairs: text('10000'),
    real: text('200'),
    trials: text('10'),
    spread: text('0.03'),
    seed: text('1'),
    subject: text('precheck'),
    keep: { type: 'string' },
  },
})
const number = (name) => {
  const value = Number(values[name])
  if (Number.isFinite(value) && value >= 0) return value
  console.error(`trust: --${name} is '${values[name]}', which is no number\nWrite --${name} 10.`)
  process.exit(2)
}

const options = {
  pairs: Math.max(1, number('pairs')),
  trials: number('trials'),
  spread: number('spread'),
  seed: number('seed'),
}
const real = number('real')
const folder = mkdtempSync(join(os.tmpdir(), 'faultline-trust-'))
const file = values.keep ?? join(folder, 'real.jsonl')
try {
  const rows = simulatedRows(options)
  const titles = [new Date().toISOString().slice(0, 10), simulatedTitle(options)]
  if (real > 0) {
    if (!existsSync(file)) await measure(file, real, options.seed, values.subject)
    rows.push(...realRows(file))
    titles.push(realTitle(file))
  }
  console.log(`${titles.join('\n')}\n\n${trustText(rows, SHIFTS)}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
