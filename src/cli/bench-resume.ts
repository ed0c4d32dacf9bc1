import { definitionOf } from '../bench/definition/definition.ts'
import { describeHost } from '../bench/host.ts'
import type { Result } from '../bench/result.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import type { BenchArgs } from './bench-flags.ts'
import { type Plan, planOf } from './bench-plan.ts'
import { inputsOf } from './files/inputs.ts'
import type { Io } from './io.ts'
import { isNamed, isOfThisTree } from './openable.ts'
import { readAsWritten } from './read-result.ts'
import { argsOf, machinesOf, type Refuse } from './rerun.ts'

export type Resumed = {
  readonly plan: Plan
  /** What there is already. */
  readonly earlier: Result
  /** The flags of the plan, with those of now about output. */
  readonly asked: BenchArgs
}

/** Flags that may stand beside --resume: where the result goes, what is printed, and files that the plan reads. */
const BESIDE = ['resume', 'out', 'force', 'json', 'quiet', 'verbose', 'no-progress', 'locks', 'trace', 'memslots']

/** The plan of an interrupted result, for the runs that it lacks. */
export async function resumed(file: string, args: BenchArgs, io: Io): Promise<Resumed> {
  const refuse = (why: string, hint = 'Run the plan from its beginning instead.') =>
    new FaultlineError('NOT_RESUMED', 'usage', `${file} cannot be resumed: ${why}`, { hint })
  checkWords(io.command, refuse)
  if (file === '-') throw refuse('standard input cannot be written to', 'Give the name of a file.')
  const earlier = await readAsWritten(file, io)
  const other = earlier.runs.find(({ revision }) => revision !== undefined)
  if (other !== undefined) throw refuse('it compares revisions', 'Run `faultline bench --ab` again.')
  const named = isNamed(inputsOf(args))
  const leave = { opens: (each: string) => named(each) || isOfThisTree(each), threads: true }
  const own = await argsOf(earlier.command, leave, (why) =>
    refuse(why, 'A file outside of this folder has to be named again, with --trace or --memslots.'),
  )
  const { out, force, json, quiet, noProgress, locks } = args
  const asked = { ...own, ab: undefined, resume: undefined, out, force, json, quiet, noProgress, locks }
  const plan = await planOf(asked, io, own.machine === undefined ? undefined : machinesOf(earlier, refuse))
  checkSame(earlier, io, refuse)
  return { plan, earlier, asked }
}

function checkWords(command: readonly string[], refuse: Refuse): void {
  for (const word of command) {
    const name = /^--?([^=]+)/.exec(word)?.[1]
    if (name === undefined || BESIDE.includes(name)) continue
    throw refuse(`its plan is its own, and ${word} would change it`, `Leave ${word} out.`)
  }
}

/** Figures of other code or of another host have no place beside those that are there. */
function checkSame({ runs, host }: Result, io: Io, refuse: Refuse): void {
  const changed = runs.find((run) => run.definition !== definitionOf(run))
  if (changed !== undefined) throw refuse(`its run of ${changed.scenario} is of other code than this`)
  if (!runs.some(({ kind }) => kind === 'measured')) return
  const now = describeHost(io.runtime, 0)
  for (const field of ['cpu', 'cores', 'node'] as const) {
    if (host[field] === now[field]) continue
    throw refuse(`it was measured on another host: ${field} ${host[field]}, here ${now[field]}`)
  }
}
