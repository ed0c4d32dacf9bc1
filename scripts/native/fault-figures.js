import { compile, Missing, median, medians, printed, table } from './programs.js'

const PAGES = 65_536
/** The first rounds compile. */
const [ROUNDS_EACH, COUNTED] = [8, 4]
const TRACED_PAGES = 1024

/** Fault by fault on fresh pages, one vCPU alone: C, bare Atomics by hand, and our fault path over either kind of words. */
export function faultFigures(folder, { rounds }) {
  const operations = sameOperations(folder)
  const program = compile('fault.c', folder, 'fault')
  const node = (script, ...words) => printed(process.execPath, [script, ...words, PAGES, ROUNDS_EACH])
  const ways = {
    C11: () => printed(program, [PAGES, ROUNDS_EACH]),
    'by hand': () => node('fault-by-hand.js'),
    atomics: () => node('fault.js', 'atomics'),
    wasm: () => node('fault.js', 'wasm'),
  }
  const taken = []
  for (let round = 0; round < rounds; round += 1) {
    taken.push(Object.fromEntries(Object.entries(ways).map(([way, run]) => [way, settled(run())])))
  }
  const ns = medians(taken)
  const rows = Object.entries(ns).map(([way, each]) => [way, each.toFixed(1), (each / ns.C11).toFixed(1)])
  return [
    `The fault path takes ${operations} operations on shared words for a fault, and so does the C: compared one by one.`,
    '',
    table(['a fault, CPU time', 'ns', '/ C'], rows),
  ]
}

const settled = (text) => median(text.trim().split('\n').slice(-COUNTED).map(Number))

/** The operations of one fault, in their order, must be the same in both: else their times are of different things. */
export function sameOperations(folder) {
  const c = printed(compile('fault.c', folder, 'fault-traced', ['-DTRACE']), [TRACED_PAGES, 1])
  const ours = printed(process.execPath, ['fault.js', 'atomics', TRACED_PAGES, 1, 'trace'])
  if (c !== ours) throw new Missing(differentOperations('fault.c', 'fault path', c, ours))
  return c.trim().split('\n').length
}

/** Says where they differ first. */
export function differentOperations(program, path, c, ours) {
  const [left, right] = [c.split('\n'), ours.split('\n')]
  const at = left.findIndex((operation, index) => operation !== right[index])
  return [
    `${program} no longer does what our ${path} does.`,
    `Operation ${at + 1} is ${left[at] || 'none'} in C and ${right[at] || 'none'} in our ${path}.`,
  ].join('\n')
}
