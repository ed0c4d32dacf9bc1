import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { INSTRUMENTS } from './instruments.js'
import { median, medians, printed, table } from './programs.js'

const PAGES = 65_536
/** The first rounds compile. */
const [ROUNDS_EACH, COUNTED] = [12, 8]

/** A fault with each instrument, in processes that take turns: of each process the median of its last rounds counts. */
export function instrumentFigures(_, { rounds }) {
  const taken = []
  const timed = {}
  for (let round = 0; round < rounds; round += 1) {
    const ns = {}
    for (const name of Object.keys(INSTRUMENTS)) {
      const lines = watched(name).trim().split('\n')
      timed[name] = JSON.parse(lines.pop())
      ns[name] = median(lines.slice(-COUNTED).map(Number))
    }
    taken.push(ns)
  }
  const names = Object.keys(INSTRUMENTS)
  const fastest = Object.fromEntries(names.map((name) => [name, Math.min(...taken.map((ns) => ns[name]))]))
  const all = medians(taken)
  const ratios = medians(taken.map((ns) => Object.fromEntries(names.map((name) => [name, ns[name] / ns.none]))))
  const rows = names.map((name) => [
    ...[name, fastest[name].toFixed(0), (fastest[name] / fastest.none).toFixed(2)],
    ...[all[name].toFixed(0), ratios[name].toFixed(2), ...shares(timed[name])],
  ])
  const head = [
    'a fault, CPU time',
    'fastest, ns',
    '/ none',
    'median, ns',
    '/ none in its turn',
    'faults timed',
    'holds timed',
  ]
  return [
    'A fault of a CPU of a run, wasm; its work costs nothing, and no other worker is there.',
    '',
    table(head, rows),
  ]
}

/** Of two virtual CPUs one may be slower for minutes: all processes are bound to the same one, where there is `taskset`. */
const BOUND = spawnSync('taskset', ['-V']).error === undefined ? ['taskset', '-c', String(cpus().length - 1)] : []

function watched(name) {
  const [program, ...words] = [...BOUND, process.execPath, 'watched-fault.js', name, PAGES, ROUNDS_EACH]
  return printed(program, words)
}

const shares = ({ faults, timedFaults, acquisitions, timedHolds }) => [
  share(timedFaults, faults),
  share(timedHolds, acquisitions),
]
const share = (of, all) => (of === 0 ? '' : `1 in ${(all / of).toFixed(1)}`)
