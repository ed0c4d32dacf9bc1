// How fast the modelled machine is on this host: protocol steps a second at 64 CPUs and at 1024, and how much memory that takes.
// Steps a second of processor time are of the host and of its day; what is held to is their ratio, and the memory. Each size runs in a
// process of its own, and no run is played besides the one whose steps count. Two figures are printed of it, because they answer two questions:
//
//   the machine   steps of the run after its first WARM_STEPS, by the processor time of the main thread: most of the code is optimised by then
//   the process   all steps, by the processor time of all threads: loading, building the VM, compiling and collecting garbage count too
//
// Linux only, which says how long a thread ran.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// The state of a thousand CPUs lies beyond the second-level cache of the host, so the ratio depends on what its neighbours leave of the
// third: the machine of `fault-scaling` made 0.38 to 0.70 in seven processes on an idle host, and less on a busy one.
const LEAST_RATIO = 0.3
const MOST_MB = 256
const ROUNDS = 3
const WARM_STEPS = 8e6
const SIZES = [
  { cpus: 64, durations: { precheck: '20ms', 'fault-scaling': '75ms' } },
  { cpus: 1024, durations: { precheck: '700us', 'fault-scaling': '75ms' } },
]
const VARIANTS = { precheck: 'precheck', 'fault-scaling': 'read-lock' }

/** `1.23M` as a number. */
export function numberOf(text) {
  const [, digits, unit] = /^([\d.]+)([kMG]?)$/.exec(text) ?? []
  return Number(digits) * { '': 1, k: 1e3, M: 1e6, G: 1e9 }[unit ?? '']
}

/** How many steps `bench` says that it took. */
export function stepsOf(said) {
  const [, steps] = /modelled runs?: (\S+) steps in [^,]+, \S+ steps\/s/.exec(said) ?? []
  if (steps === undefined) throw new Error(`bench did not say how fast it was: ${said}`)
  return numberOf(steps)
}

/** s of processor time that the main thread has taken. */
const mainThreadSeconds = () => Number(readFileSync(`/proc/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9

/** Watches the machine that will run: returns what tells, after the run, how many steps a second it made once it was warm. */
async function watchMachine() {
  const { Machine } = await import('../dist/model/machine.js')
  const { run } = Machine.prototype
  let began
  let ended
  Machine.prototype.run = function (events) {
    const goesOn = run.call(this, events)
    if (began === undefined && this.steps >= WARM_STEPS) began = { steps: this.steps, seconds: mainThreadSeconds() }
    if (!goesOn) ended = { steps: this.steps, seconds: mainThreadSeconds() }
    return goesOn
  }
  return () => (ended.steps - began.steps) / (ended.seconds - began.seconds)
}

async function runHere(cpus, scenario, duration) {
  const { faultline } = await import('../dist/cli/faultline.contract.js')
  const stepsPerSecondOfMachine = await watchMachine()
  const others = scenario === 'precheck' ? 1 : 0
  const command = [
    'bench',
    '-m',
    'altra-64',
    '-s',
    scenario,
    '--variant',
    VARIANTS[scenario],
    '--no-progress',
    '--verbose',
  ]
  const size = [
    '--set',
    `machine.cpus=${cpus}`,
    '--vcpus',
    `${cpus - others}`,
    '--duration',
    duration,
    '--draws',
    '0',
    '--time-budget',
    '60m',
  ]
  const before = process.cpuUsage()
  const file = join(tmpdir(), `model-speed-${process.pid}.json`)
  const { code, out, err } = await faultline(...command, ...size, '--out', file)
  if (code !== 0) throw new Error(`bench ended with ${code}`)
  const { user, system } = process.cpuUsage(before)
  const steps = stepsOf(out + err)
  const perSecond = (steps / (user + system)) * 1e6
  const mb = process.resourceUsage().maxRSS / 1024
  process.stdout.write(JSON.stringify({ steps, machine: stepsPerSecondOfMachine(), process: perSecond, mb }))
}

function runApart(cpus, scenario, duration) {
  const words = [import.meta.filename, String(cpus), scenario, duration]
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const millions = (steps) => (steps / 1e6).toFixed(1)
const middleOf = (sorted) => sorted[sorted.length >> 1]
const speedText = (sorted) => {
  return `${(middleOf(sorted) / 1e6).toFixed(2)}M steps/s of ${sorted.map((one) => (one / 1e6).toFixed(2)).join(', ')}`
}

/** Takes the median of several rounds in which the sizes take turns: the speed of the host varies. */
function runAll() {
  let isFine = true
  for (const scenario of Object.keys(VARIANTS)) {
    const rounds = Array.from({ length: ROUNDS }, () =>
      SIZES.map(({ cpus, durations }) => runApart(cpus, scenario, durations[scenario])),
    )
    const [few, many] = SIZES.map(({ cpus }, size) => {
      const ran = rounds.map((round) => round[size])
      const mb = Math.max(...ran.map((one) => one.mb))
      const [machine, whole] = ['machine', 'process'].map((name) => ran.map((one) => one[name]).sort((a, b) => a - b))
      console.log(
        `${scenario} ${VARIANTS[scenario]}, ${cpus} CPUs, ${millions(ran[0].steps)}M steps, ${Math.round(mb)} MB`,
      )
      console.log(`  the machine, warm: ${speedText(machine)}; the whole process: ${speedText(whole)}`)
      return { machine: middleOf(machine), process: middleOf(whole), mb }
    })
    const ratio = many.machine / few.machine
    const isWithin = ratio >= LEAST_RATIO && many.mb <= MOST_MB
    isFine &&= isWithin
    const wanting = isWithin ? '' : `: less than ${LEAST_RATIO}, or more than ${MOST_MB} MB`
    const ofProcess = (many.process / few.process).toFixed(2)
    console.log(
      `  1024 CPUs to 64: ${ratio.toFixed(2)} of the speed of the machine${wanting}, ${ofProcess} of the process`,
    )
  }
  return isFine
}

if (process.argv[1] === import.meta.filename) {
  const [cpus, scenario, duration] = process.argv.slice(2)
  if (cpus !== undefined) await runHere(Number(cpus), scenario, duration)
  else process.exitCode = runAll() ? 0 : 1
}
