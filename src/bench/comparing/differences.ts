import type { Host, Result, Run } from '../result.ts'
import type { Cell } from './layout.ts'
import { workerDifferences } from './workers.ts'

/** A difference between two runs other than the code under test. */
export type Difference = {
  readonly says: string
  /** Whether it could explain every difference in the figures: then they are compared only on request. */
  readonly isBlocking: boolean
}

const OF_HOST: readonly (keyof Host)[] = ['cpu', 'cores', 'quota', 'os', 'kernel', 'governor', 'virtualised']
const OF_RUNTIME: readonly (keyof Host)[] = ['node', 'v8']

/**
 * Differences between two runs of the same name and parameters. For a modelled run the host is irrelevant, and its code
 * and seeds are decisive.
 */
export function differencesOf(base: Cell, head: Cell): Difference[] {
  const found = [...failures(base), ...failures(head)]
  const isMeasured = base.run.kind === 'measured'
  const isOneFile = base.source === head.source
  // Of one file, the columns are other loads or revisions on purpose.
  const ofWorkers = isMeasured ? workerDifferences(base.run, head.run) : []
  const workers = ofWorkers.map((says) => ({ says, isBlocking: !isOneFile }))
  if (isOneFile) return [...workers, ...found]
  const [a, b] = [base.source.result, head.source.result]
  const hosts = isMeasured
    ? [...hostDifferences(a, b), ...crowdingDifferences(base, head), ...workers]
    : [...seedDifferences(base.run, head.run), ...machineDifferences(base.run, head.run)]
  return [...hosts, ...definitionDifference(base, head), ...lengths(base.run, head.run), ...found]
}

function hostDifferences({ host: a }: Result, { host: b }: Result): Difference[] {
  return [...OF_HOST, ...OF_RUNTIME]
    .filter((name) => a[name] !== b[name])
    .map((name) => ({ says: `${name} differs: ${shown(a[name])}, ${shown(b[name])}`, isBlocking: true }))
}

const shown = (value: unknown) => (value === null ? 'unknown' : String(value))

function definitionDifference({ run: a, source: base }: Cell, { run: b, source: head }: Cell): Difference[] {
  if (a.definition === b.definition) return []
  const isOneTree = base.result.source.definition === head.result.source.definition
  // Variants of one tree differ by design.
  if (isOneTree && a.variant !== b.variant) return []
  if (isOneTree && a.patch !== undefined && b.patch !== undefined) {
    const says = `${a.variant} is another version of ${b.patch.file}: ${a.patch.hash}, ${b.patch.hash}`
    return [{ says, isBlocking: false }]
  }
  const says = `the code of protocols or scenario differs: definition ${a.definition}, ${b.definition} (${a.scenario})`
  return [{ says, isBlocking: true }]
}

/** A modelled machine is defined by its costs and the code that computes with them, not by its name. */
function machineDifferences(a: Run, b: Run): Difference[] {
  const differs = (what: string, one: string | undefined, other: string | undefined) =>
    one === other ? [] : [{ says: `${what} differs: ${one ?? 'unknown'}, ${other ?? 'unknown'}`, isBlocking: true }]
  return [
    // Machines that are compared by name differ on purpose.
    ...(a.machine === b.machine
      ? differs(`the machine ${a.machine} is not the same: its profile`, a.model?.profileHash, b.model?.profileHash)
      : []),
    ...differs('the code of the model', a.model?.engineHash, b.model?.engineHash),
  ]
}

function seedDifferences(a: Run, b: Run): Difference[] {
  const seeds = (run: Run) => run.trials.map(({ seed }) => seed).join(' ')
  if (seeds(a) === seeds(b)) return []
  const says = `the seeds differ, so modelled figures differ by chance: ${seeds(a) || 'none'}; ${seeds(b) || 'none'}`
  return [{ says, isBlocking: true }]
}

function crowdingDifferences(base: Cell, head: Cell): Difference[] {
  const [a, b] = [base, head].map(({ source, run }) => workersOf(run) > coresOf(source.result))
  if (a !== b) return [{ says: 'one side had more workers than cores, the other had not', isBlocking: true }]
  if (!a) return []
  return [{ says: 'more workers than cores on both sides: the scheduler affects the figures', isBlocking: false }]
}

const coresOf = ({ host }: Result) => Math.min(host.cores, host.quota ?? host.cores)

function workersOf({ params }: Run): number {
  const counts = [params.workers, params.vcpus, params.notifiers, params.zappers]
  return counts.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0)
}

/** Trials of another length see other tails, and warm-ups other code. */
function lengths(a: Run, b: Run): Difference[] {
  return ['duration', 'warmup']
    .filter((name) => a.params[name] !== b.params[name])
    .map((name) => ({ says: `${name} differs: ${a.params[name]}, ${b.params[name]} ms`, isBlocking: true }))
}

function failures({ source, run }: Cell): Difference[] {
  const forbidden = run.outcomes.filter(({ grade }) => grade === 'forbidden').map(({ outcome }) => outcome)
  const where = `${source.name}: ${run.scenario} ${run.variant}`
  return [
    ...(run.error === null ? [] : [{ says: `${where} failed: ${run.error.message}`, isBlocking: true }]),
    ...(forbidden.length === 0
      ? []
      : [
          {
            says: `${where} had forbidden outcomes (${forbidden.join(', ')}): its figures are of a broken run`,
            isBlocking: false,
          },
        ]),
  ]
}
