import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Missing, need, printed, table } from './programs.js'

const MODELS = [
  { says: 'Peterson, 2 CPUs 3 times', file: 'peterson', name: 'rounds3', cpus: 2, rounds: 3 },
  { says: 'MCS queue, 3 CPUs twice', file: 'mcs', name: 'cpus3', cpus: 3, rounds: 2 },
  { says: 'MCS queue, 4 CPUs twice', file: 'mcs', name: 'cpus4', cpus: 4, rounds: 2 },
]

/** The same models by SPIN, with its reduction and without, and by our checker: states, transitions, CPU time, memory. */
export function spinFigures(folder) {
  need('spin')
  const rows = MODELS.flatMap((model) => [
    [model.says, 'SPIN', ...bySpin(model, folder, [])],
    ['', 'SPIN, no reduction', ...bySpin(model, folder, ['-DNOREDUCE'])],
    ['', 'faultline', ...byUs(model)],
  ])
  return [table(['model', 'checker', 'states', 'steps', 'CPU s', 'MB'], rows)]
}

function bySpin({ file, cpus, rounds }, folder, flags) {
  const model = join(import.meta.dirname, 'spin', `${file}.pml`)
  printed('spin', ['-a', `-DCPUS=${cpus}`, `-DROUNDS=${rounds}`, model], folder)
  printed('gcc', ['-O2', '-w', '-DSAFETY', ...flags, '-o', 'pan', 'pan.c'], folder)
  const { text, seconds } = timed(join(folder, 'pan'), ['-m1000000'], folder)
  const number = (pattern) => Number(pattern.exec(text)?.[1])
  if (number(/errors: (\d+)/) !== 0) throw new Missing(`SPIN finds a fault in ${file}.pml`)
  const states = number(/(\d+) states, stored/)
  const steps = number(/(\d+) transitions/)
  return [states, steps, seconds.toFixed(2), number(/([\d.]+)\s+total actual memory/).toFixed(0)]
}

function byUs({ file, name }) {
  const { text, seconds } = timed(process.execPath, [join(import.meta.dirname, 'explore.js'), file, name])
  const { verdict, states, steps, mb } = JSON.parse(text)
  if (verdict !== 'PASS') throw new Missing(`our checker says ${verdict} of ${file}`)
  return [states, steps, seconds.toFixed(2), mb.toFixed(0)]
}

/** What a program prints, and the CPU time of its whole process, as a shell says it. */
function timed(program, words, cwd) {
  const script = '"$0" "$@"; status=$?; times >&2; exit $status'
  const { stdout, stderr, status } = spawnSync('sh', ['-c', script, program, ...words], { encoding: 'utf8', cwd })
  if (status !== 0) throw new Missing(`${program} ended with ${status}: ${stderr.trim()}`)
  const ofChildren = stderr.trim().split('\n').at(-1)
  const times = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => minutes * 60 + Number(seconds),
  )
  return { text: stdout, seconds: times[0] + times[1] }
}
