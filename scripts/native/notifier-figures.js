import { differentOperations } from './fault-figures.js'
import { compile, Missing, median, medians, printed, table } from './programs.js'

const PAGES = 65_536
/** The first rounds compile. */
const [ROUNDS_EACH, COUNTED] = [32, 8]
const TRACED_PAGES = 1024
const CHUNKS = [1, 32]

/** A task that invalidates mapped pages, and the zapper, alone: C, and ours over either kind of words. */
export function notifierFigures(folder, { rounds }) {
  const operations = CHUNKS.map((chunk) => sameRounds(folder, chunk))
  const program = compile('notifier.c', folder, 'notifier')
  const settled = (text) => median(text.trim().split('\n').slice(-COUNTED).map(Number))
  const ours = (words, chunk) => printed(process.execPath, ['notifier.js', words, PAGES, chunk, ROUNDS_EACH])
  const ways = CHUNKS.flatMap((chunk) => [
    [`C11 ${chunk}`, () => printed(program, [PAGES, chunk, ROUNDS_EACH])],
    [`atomics ${chunk}`, () => ours('atomics', chunk)],
    [`wasm ${chunk}`, () => ours('wasm', chunk)],
  ])
  ways.push(['atomics zapper', () => ours('atomics', 'zapper')], ['wasm zapper', () => ours('wasm', 'zapper')])
  const taken = []
  for (let round = 0; round < rounds; round += 1) {
    taken.push(Object.fromEntries(ways.map(([way, run]) => [way, settled(run())])))
  }
  const ns = medians(taken)
  const row = (what, key, count) => {
    const c = ns[`C11 ${key}`]
    const each = ['atomics', 'wasm'].map((words) => ns[`${words} ${key}`])
    const ratios = each.map((time) => (c === undefined ? '' : (time / c).toFixed(1)))
    return [what, count ?? '', c?.toFixed(0) ?? '', ...each.map((time) => time.toFixed(0)), ...ratios]
  }
  return [
    table(
      ['CPU time', 'operations', 'C11, ns', 'atomics, ns', 'wasm, ns', 'atomics / C', 'wasm / C'],
      [
        ...CHUNKS.map((chunk, at) =>
          row(`a notifier, ${chunk} ${chunk === 1 ? 'page' : 'pages'}`, chunk, operations[at]),
        ),
        row('a zap of 512 pages', 'zapper'),
      ],
    ),
  ]
}

/** The operations of one round must be the same in both: else their times are of different things. */
export function sameRounds(folder, chunk) {
  const pages = TRACED_PAGES * chunk
  const c = printed(compile('notifier.c', folder, 'notifier-traced', ['-DTRACE']), [pages, chunk, 1])
  const ours = printed(process.execPath, ['notifier.js', 'atomics', pages, chunk, 1, 'trace'])
  if (c !== ours) throw new Missing(differentOperations('notifier.c', 'notifier', c, ours))
  return c.trim().split('\n').length
}
