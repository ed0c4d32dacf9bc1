import { compile, medians, printed, table } from './programs.js'
import { runWorkers } from './workers.js'

const LOCKS = ['tatas', 'ticket', 'qspinlock', 'mutex', 'qrwlock-read', 'qrwlock-write', 'seqcount-read']
const WAYS = ['c', 'by hand', 'atomics', 'wasm']
/** Turns of a multiply-add, about a nanosecond each, while the lock is held and, at most twice as many, while it is not. */
const LOADS = [
  { inside: 50, outside: 50 },
  { inside: 50, outside: 500 },
  { inside: 500, outside: 500 },
]

const runIn = (folder, ms) => {
  const program = compile('locks.c', folder, 'locks')
  return async (way, lock, workers, { inside, outside }) =>
    way === 'c'
      ? JSON.parse(printed(program, [lock, workers, inside, outside, ms]))
      : await runWorkers({ way, lock, workers, inside, outside, ms })
}

const HEAVIEST = LOADS.at(-1)
/** How far the same work may lie apart from one way to another. */
const MOST_APART = 1.25

/** The share of the time that each thread must have had a core for. */
const LEAST_ON_CORE = 0.9

/** What a lock costs a thread that no other disturbs: a pair of calls, and an addition to a word between them. */
export async function aloneFigures(folder, { rounds, ms }) {
  const run = runIn(folder, ms)
  const rows = []
  for (const lock of LOCKS) {
    const ns = await inTurns(rounds, async (way) => (await run(way, lock, 1, { inside: 0, outside: 0 }))[0].eachNs)
    const ratios = WAYS.slice(1).map((way) => (ns[way] / ns.c).toFixed(1))
    rows.push([lock, ...WAYS.map((way) => ns[way].toFixed(1)), ...ratios])
  }
  return [
    table(['lock alone, ns', 'C11', 'by hand', 'atomics', 'wasm', 'by hand / C', 'atomics / C', 'wasm / C'], rows),
  ]
}

/** What two threads get done that have work inside and outside of the section, how often the lock goes over, and the longest wait for it. */
export async function contendedFigures(folder, { rounds, ms }) {
  const run = runIn(folder, ms)
  const rows = []
  for (const lock of LOCKS) {
    for (const load of LOADS) {
      const ran = {}
      const rates = await inTurns(rounds, async (way) => {
        const all = await run(way, lock, 2, load)
        // The first worker writes: a sequence counter is measured by its readers.
        const measured = lock === 'seqcount-read' ? all.slice(1) : all
        ran[way] = [...(ran[way] ?? []), figuresOf(measured)]
        return ran[way].at(-1).perSecond
      })
      const middle = WAYS.map((way) => medians(ran[way]))
      const onCore = Math.min(...middle.map((of) => of.onCore))
      const isFair = onCore >= LEAST_ON_CORE
      const ratios = WAYS.slice(1).map((way) => (rates[way] / rates.c).toFixed(2))
      const handOvers = lock.endsWith('read') ? '' : middle.map((of) => percent(of.handOverShare)).join(', ')
      const longest = middle.map((of) => (of.longestNs / 1e3).toFixed(0)).join(', ')
      const figures = [(rates.c / 1e6).toFixed(1), ...ratios, handOvers, longest]
      // Where a thread that holds the lock loses its core, the figures are the scheduler's.
      const shown = isFair ? figures : figures.map(() => '-')
      rows.push([lock, `${load.inside}:${load.outside}`, percent(onCore), ...shown])
    }
  }
  const of = 'C, by hand, atomics, wasm'
  const rest = ['by hand / C', 'atomics / C', 'wasm / C', `hand-overs (${of})`, `longest wait, us (${of})`]
  const work = await inTurns(rounds, async (way) => cpuNsOf(await run(way, 'tatas', 1, HEAVIEST)))
  return [workSentence(work), '', table(['lock of two', 'inside:outside', 'on a core', 'C11, M/s', ...rest], rows)]
}

/** What the work costs where no other thread is: the ratios of two are the lock's only if this is the same everywhere. */
function workSentence(ns) {
  const each = WAYS.map((way) => `${ns[way].toFixed(0)} ns (${way})`).join(', ')
  const apart = Math.max(...WAYS.map((way) => ns[way])) / Math.min(...WAYS.map((way) => ns[way]))
  const doubt = apart > MOST_APART ? ': the work differs, so the ratios below are not those of the locks' : ''
  return `One thread and tatas, ${HEAVIEST.inside}:${HEAVIEST.outside}, CPU time an operation: ${each}${doubt}.`
}

const cpuNsOf = ([{ cpuNs, operations }]) => cpuNs / operations

const percent = (share) => `${(share * 100).toFixed(0)} %`

function figuresOf(ran) {
  const sum = (key) => ran.reduce((total, each) => total + each[key], 0)
  const operations = sum('operations')
  return {
    perSecond: (operations / Math.max(...ran.map(({ ns }) => ns))) * 1e9,
    handOverShare: operations === 0 ? 0 : sum('handOvers') / operations,
    onCore: Math.min(...ran.map(({ cpuNs, ns }) => cpuNs / ns)),
    longestNs: Math.max(...ran.map(({ longestNs }) => longestNs)),
  }
}

/** Measures each way once, and all again: what the host does meanwhile meets each of them. The medians. */
async function inTurns(rounds, measure) {
  const taken = []
  for (let round = 0; round < rounds; round += 1) {
    const figures = {}
    for (const way of WAYS) figures[way] = await measure(way)
    taken.push(figures)
  }
  return medians(taken)
}
