// Writes the figures of docs/kernels.md: every kernel in every scenario that fits, on a modelled x86 and a modelled Arm machine, and
// which function made the difference where there is one. That is tried, not guessed: the older kernel gets the one function of the newer,
// and the newer one that of the older.
//
//   npm run kernels:figures           the tables, about 30 minutes with the causes of processor time
//   npm run kernels:figures -- -q     without the causes, which stay as they are
//   npm run kernels:figures -- v5.12 v5.15    the tables, and the causes of what these versions changed; those of others stay
//   npm run kernels:figures -- dirty-log      of this scenario only; the rows and the causes of others stay
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FIGURES, PAGE } from './kernels.js'

const load = (module) => import(new URL(`../dist/${module}`, import.meta.url))
const { bench } = await load('cli/library.js')
const { SCENARIOS } = await load('bench/scenarios/all.js')
const { METRICS } = await load('bench/metrics.js')
const { compact, inUnit } = await load('report/numbers.js')
const { loadProfile, profileHash } = await load('model/profile.js')
const { VERSIONS } = await load('protocols/kernels.js')
const { lackedBy } = await load('bench/since.js')

export const MACHINES = ['epyc-milan-2s', 'altra-64']
/** They time locks, page-table operations and oracles, and run the functions of no kernel. */
const OF_NO_KERNEL = ['fault-scaling', 'primitives', 'instruments']
/** Its CPUs drop an I-cache by instructions that x86 does not have. */
const ON_ARM_ONLY = ['icache']
const SEEDS = [1, 2, 3]
const VCPUS = 16
/** By the name of the metric, what it is called in the table. */
const SHOWN = {
  faults_per_second: 'faults/s',
  guest_boots_per_second: 'boots/s',
  flushes_per_unmap: 'flushes an unmap',
  retries_per_fault: 'retries a fault',
  mmu_lock_hold_max_ns: 'longest hold',
}
/** Less than this between two versions needs no cause. */
const LEAST_CHANGE = 0.1
/** A function made the difference if without it so much of it is gone; where that does not run, if it alone makes so much of it. */
const MOST_OF_IT = 0.5

const fits = (machine) =>
  SCENARIOS.filter(
    ({ name }) => !OF_NO_KERNEL.includes(name) && (machine.startsWith('altra') || !ON_ARM_ONLY.includes(name)),
  )

/** Scenarios that differ in their roles run all of them. */
const everythingOf = (scenario) => scenario.variants.find(({ name }) => name === 'everything')?.name

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** The figures of some runs of one thing: by metric, its value for each seed. */
function figuresOf({ runs }) {
  const failed = runs.find(({ error }) => error !== null)
  if (failed !== undefined) return undefined
  const values = (metric) => runs.flatMap(({ trials }) => trials.flatMap(({ metrics }) => metrics[metric] ?? []))
  const figures = Object.fromEntries(Object.keys(SHOWN).map((metric) => [metric, values(metric)]))
  // A guest that asks for what the kernel does not have gets nothing done.
  const isIdle = figures.faults_per_second.length > 0 && figures.faults_per_second.every((value) => value === 0)
  return isIdle ? undefined : figures
}

/** What one kernel does in one scenario on one machine. */
export async function figuresOn(machine, scenario, version, seeds = SEEDS) {
  if (lackedBy({ name: version }, scenario.name) !== undefined) return undefined
  const variant = everythingOf(scenario) ?? version
  const flags = {
    scenario: scenario.name,
    machine,
    kernel: version,
    variant,
    vcpus: VCPUS,
    draws: 0,
    seed: seeds.join(),
  }
  return figuresOf(await bench(flags))
}

const text = (metric, values) => {
  if (values === undefined || values.length === 0) return '-'
  return METRICS[metric].unit === 'ns' ? inUnit(median(values), 'ns') : compact(median(values))
}

/** The cell of the table. */
export const cellOf = (figures, metric) => text(metric, figures?.[metric])

const row = (cells) => `| ${cells.join(' | ')} |`

function tableOf(rows) {
  const header = ['scenario', '', ...VERSIONS.map(({ name }) => name)]
  return [row(header), row(header.map(() => '---')), ...rows].join('\n')
}

/** One row for each figure that the scenario has. */
function rowsOf(scenario, byVersion) {
  const has = (metric) => byVersion.some((figures) => (figures?.[metric].length ?? 0) > 0)
  return Object.keys(SHOWN)
    .filter(has)
    .map((metric) => row([scenario.name, SHOWN[metric], ...byVersion.map((figures) => cellOf(figures, metric))]))
}

/** Whether no seed of the one comes near any of the other. */
export function differs(before = [], after = []) {
  if (before.length === 0 || after.length === 0) return false
  const [low, high] = median(before) < median(after) ? [before, after] : [after, before]
  return Math.max(...low) < Math.min(...high) && median(low) < median(high) * (1 - LEAST_CHANGE)
}

/** How far the value has come from `before` to `after`: 0 to 1. */
export function wayOf(value, before, after) {
  const isLogarithmic = Math.min(value, before, after) > 0
  const at = (one) => (isLogarithmic ? Math.log(one) : one)
  return (at(value) - at(before)) / (at(after) - at(before))
}

/** Plays a kernel with one function of another. */
async function withFunction(folder, { machine, scenario, on, from, entry }) {
  const constant = ({ name }) => name.toUpperCase().replace('.', '_')
  const file = join(folder, `${on.name}-${from.name}-${entry}.js`)
  const [kernel, other] = [constant(on), constant(from)]
  writeFileSync(
    file,
    `import { patch, ${kernel}, ${other} } from 'faultline/kvm'
export default patch({
  name: '${on.name}-${entry}', on: ${kernel}, says: '${entry} as in ${from.name}', replaces: { ${entry}: ${other}.kvm.${entry} },
})
`,
  )
  try {
    return figuresOf(
      await bench({ scenario: scenario.name, machine, variant: file, vcpus: VCPUS, draws: 0, seed: SEEDS[0] }),
    )
  } catch (cause) {
    process.stderr.write(`  ${entry}: ${cause.message}\n`)
    return undefined
  }
}

/** For each figure that changed with the version: the functions that made it change. */
async function causesOf(folder, { machine, scenario, version, before, after }) {
  const changed = Object.keys(SHOWN).filter((metric) => differs(before?.[metric], after?.[metric]))
  if (changed.length === 0) return []
  const tried = []
  for (const { entry, says } of version.changes) {
    const alone = await withFunction(folder, { machine, scenario, on: version.before, from: version, entry })
    const without = await withFunction(folder, { machine, scenario, on: version, from: version.before, entry })
    tried.push({ entry, says, alone, without })
  }
  return changed.map((metric) => {
    const [old, recent] = [median(before[metric]), median(after[metric])]
    const causes = tried
      .map(({ entry, alone, without }) => {
        const ways = waysOf(before[metric], after[metric], { alone: alone?.[metric], without: without?.[metric] })
        return { entry, ...ways }
      })
      .filter(isCause)
    return { machine, scenario: scenario.name, version: version.name, metric, old, recent, causes }
  })
}

/**
 * Shares of a difference that a function causes, `alone` and `without` it. What was tried ran with the first seed, so it is compared with the runs
 * of that seed: a function that does nothing there has a share of 0.
 */
export function waysOf([old], [recent], { alone = [], without = [] }) {
  const way = (values) => (values.length > 0 ? wayOf(values[0], old, recent) : Number.NaN)
  return { alone: way(alone), without: 1 - way(without) }
}

const isCause = ({ alone, without }) => (Number.isNaN(without) ? alone : without) >= MOST_OF_IT

const percent = (part) => (Number.isNaN(part) ? 'does not run' : `${Math.round(part * 100)} %`)

function causeRows({ machine, scenario, version, metric, old, recent, causes }) {
  const where = [version, scenario, machine, SHOWN[metric], `${text(metric, [old])} -> ${text(metric, [recent])}`]
  if (causes.length === 0) return [row([...where, 'none of them by itself', '', ''])]
  return causes.map(({ entry, alone, without }) => row([...where, `\`${entry}\``, percent(alone), percent(without)]))
}

/** Written by hand, from the two tables. */
const SUMMARY = '### What changed the figures'
const CAUSES = '### Which function made the difference'

const hashes = MACHINES.map((name) => `\`${name}\` is \`${profileHash(loadProfile(name))}\``).join(', ')

const aboutFigures = `${FIGURES}

Modelled, deterministic, written by \`npm run kernels:figures\`; a test computes some cells again. No server ran these kernels. Each cell is the median of seeds ${SEEDS.join(', ')} of

    npm run bench -- -s SCENARIO -m MACHINE --kernel VERSION --variant VERSION --vcpus ${VCPUS} --draws 0 --seed ${SEEDS.join()}

(\`mixed\`: \`--variant everything\`), with ${VCPUS} vCPUs under the scenario's default load for a modelled machine. On the Arm profile the same x86 functions run at the costs of those cores; only
\`icache\` is KVM for arm64, which has no x86 counterpart. \`-\`: no such event occurred. Profiles: ${hashes}. Windows are short: a longest hold is the longest within a few milliseconds.
`

const aboutCauses = `${CAUSES}

For every figure that differs by more than ${LEAST_CHANGE * 100} % from the version before, in all seeds, each changed function was tried in two ways: reverted in the newer version (*without*: the share of
the difference that disappears), and added to the older version (*alone*: the share of the difference that it causes). The table names the functions without which at least ${MOST_OF_IT * 100} % disappears. A function that causes little alone
needs the other named functions, or a part of the load that only the newer kernel has. More than 100 % means more than the whole difference. Shares are those of seed ${SEEDS[0]}; the two figures are medians.
`

/** The table of a machine, and the rows of causes of what the versions tried changed. Scenarios that are not tried keep their rows. */
async function play(machine, tried, page) {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-figures-'))
  const causes = []
  const rows = []
  for (const scenario of fits(machine)) {
    if (!tried.scenarios.includes(scenario.name)) {
      rows.push(...linesOf(partOf(page, `### ${machine}`), scenario.name))
      continue
    }
    const byVersion = []
    for (const version of VERSIONS) {
      process.stderr.write(`${machine} ${scenario.name} ${version.name}\n`)
      byVersion.push(await figuresOn(machine, scenario, version.name))
      if (version.before === undefined || !tried.versions.includes(version.name)) continue
      const [before, after] = byVersion.slice(-2)
      const found = await causesOf(folder, { machine, scenario, version, before, after })
      causes.push(...found.flatMap(causeRows))
    }
    rows.push(...rowsOf(scenario, byVersion))
  }
  rmSync(folder, { recursive: true })
  return { table: `### ${machine}\n\n${tableOf(rows)}\n`, causes }
}

/** The rows of a table that begin with a cell. */
const linesOf = (part, cell) => part.split('\n').filter((line) => line.startsWith(`| ${cell} |`))

/** The rows of causes that the page has, of versions and scenarios that were not tried. */
const keptCauses = (part, { versions, scenarios }) =>
  VERSIONS.flatMap(({ name }) => linesOf(part, name)).filter((line) => {
    const [, version, scenario] = line.split('|').map((cell) => cell.trim())
    return !versions.includes(version) || !scenarios.includes(scenario)
  })

function causesText(causes) {
  const header = ['since', 'scenario', 'machine', 'figure', '', 'function', 'alone', 'without']
  const order = (line) => VERSIONS.findIndex(({ name }) => line.startsWith(`| ${name} |`))
  const rows = causes.toSorted((a, b) => order(a) - order(b))
  return `${aboutCauses}\n${[row(header), row(header.map(() => '---')), ...rows].join('\n')}\n`
}

/** A part of the page from its heading to the next of the same rank, or nothing. */
function partOf(page, heading) {
  const from = page.indexOf(heading)
  if (from < 0) return ''
  const next = page.indexOf('\n### ', from)
  return `${page.slice(from, next < 0 ? undefined : next).trimEnd()}\n`
}

/** The page with what was played, one entry for each machine. */
export function pageWith(page, played, tried) {
  const tables = played.map(({ table }) => table).join('\n')
  const causes = [...played.flatMap((one) => one.causes), ...keptCauses(partOf(page, CAUSES), tried)]
  const head = page.includes(FIGURES) ? page.slice(0, page.indexOf(FIGURES)) : `${page}\n`
  const parts = [aboutFigures, partOf(page, SUMMARY), tables, causes.length > 0 ? causesText(causes) : '']
  return `${head}${parts.filter((part) => part !== '').join('\n')}`
}

/** What the command line names: of what it names none, all. */
function triedOf(named) {
  const all = { versions: VERSIONS.map(({ name }) => name), scenarios: SCENARIOS.map(({ name }) => name) }
  const unknown = named.find((name) => !Object.values(all).flat().includes(name))
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${Object.values(all).flat().join(', ')}`)
  const some = (names) =>
    named.some((name) => names.includes(name)) ? names.filter((name) => named.includes(name)) : names
  return { versions: some(all.versions), scenarios: some(all.scenarios) }
}

if (process.argv[1] === import.meta.filename) {
  const { versions, scenarios } = triedOf(process.argv.slice(2).filter((name) => name !== '-q'))
  const tried = { versions: process.argv.includes('-q') ? [] : versions, scenarios }
  const page = readFileSync(PAGE, 'utf8')
  const played = []
  for (const machine of MACHINES) played.push(await play(machine, tried, page))
  writeFileSync(PAGE, pageWith(page, played, tried))
}
