import { definitionOf } from '../bench/definition/definition.ts'
import { modelledId } from '../bench/header.ts'
import { describeHost } from '../bench/host.ts'
import type { Result } from '../bench/result.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import type { BenchArgs } from './bench-args.ts'
import { type Plan, planOf } from './bench-plan.ts'
import { inputsOf } from './files/inputs.ts'
import type { Io } from './io.ts'
import { isNamed, isOfThisTree } from './openable.ts'
import { readAsWritten } from './read-result.ts'
import { argsOf, machinesOf, type Refuse } from './rerun.ts'

export type Resumed = {
  readonly plan: Plan
  /** The existing result. */
  readonly earlier: Result
  /** The flags of the plan, with those of now about output. */
  readonly asked: BenchArgs
}

/** Flags allowed with --resume: where the result goes, what is printed, and files that the plan reads. */
const BESIDE = [
  'resume',
  'out',
  'force',
  'json',
  'quiet',
  'verbose',
  'no-progress',
  'watch',
  'locks',
  'trace',
  'memslots',
  'times',
]
/** Flags that extend a finished plan: more loads, several machines. */
const MORE = ['refine', 'shard']

/** The plan of an interrupted result, for the runs that it lacks. */
export async function resumed(file: string, args: BenchArgs, io: Io): Promise<Resumed> {
  const refuse = (why: string, hint = 'Run the plan from its beginning instead.') =>
    new FaultlineError('NOT_RESUMED', 'usage', `${file} cannot be resumed: ${why}`, { hint })
  checkWords(io.command, args, refuse)
  if (file === '-') throw refuse('standard input cannot be written to', 'Give the name of a file.')
  const earlier = await readAsWritten(file, io)
  const other = earlier.runs.find(({ revision }) => revision !== undefined)
  if (other !== undefined) throw refuse('it compares revisions', 'Run `faultline bench --ab` again.')
  const named = isNamed(inputsOf(args))
  const leave = { opens: (each: string) => named(each) || isOfThisTree(each), threads: true }
  const own = await argsOf(earlier.command, leave, (why) =>
    refuse(why, 'A file outside of this folder has to be named again, with --trace, --times or --memslots.'),
  )
  const { out, force, json, quiet, verbose, noProgress, watch, locks } = args
  const more = moreOf(args, earlier, own, refuse)
  const shown = { json, quiet, verbose, noProgress, watch, locks }
  const asked = { ...own, ab: undefined, resume: undefined, out, force, ...shown, ...more }
  const plan = await planOf(asked, io, own.machine === undefined ? undefined : machinesOf(earlier, refuse))
  checkSame(earlier, io, refuse)
  if (args.refine === undefined) return { plan, earlier, asked }
  const command = [...earlier.command, '--refine', args.refine]
  const isMeasured = earlier.runs.some(({ kind }) => kind === 'measured')
  const id = isMeasured ? earlier.id : modelledId(command, earlier)
  return { plan, earlier: { ...earlier, id, command }, asked }
}

/** Determines the part of the plan, and the requested extensions. */
function moreOf(
  { refine, shard, out }: BenchArgs,
  earlier: Result,
  own: BenchArgs,
  refuse: Refuse,
): Pick<BenchArgs, 'refine' | 'shard'> {
  const part = earlier.shard === undefined ? own.shard : `${earlier.shard.index}/${earlier.shard.of}`
  if (refine === undefined) return { refine: own.refine, shard: part }
  if (own.refine !== undefined) throw refuse(`it is refined already, by ${own.refine}`, 'Leave --refine out.')
  if (part !== undefined) {
    throw refuse('it is a part, and where the frontier runs depends on all of its plan', 'Merge the parts first.')
  }
  if (shard !== undefined && out === undefined) {
    throw refuse('a part of it would replace it', 'Add --out FILE, another one for each part.')
  }
  return { refine, shard }
}

function checkWords(command: readonly string[], { refine }: BenchArgs, refuse: Refuse): void {
  for (const word of command) {
    const name = /^--?([^=]+)/.exec(word)?.[1]
    if (name === undefined || BESIDE.includes(name) || (refine !== undefined && MORE.includes(name))) continue
    throw refuse(`its plan is in the file, and ${word} would change it`, `Leave ${word} out.`)
  }
}

/** Figures of other code or of another host have no place beside those that are there. */
function checkSame({ runs, host }: Result, io: Io, refuse: Refuse): void {
  const changed = runs.find((run) => run.definition !== definitionOf(run))
  if (changed !== undefined) throw refuse(`its run of ${changed.scenario} was made by different code`)
  if (!runs.some(({ kind }) => kind === 'measured')) return
  const now = describeHost(io.runtime, 0)
  for (const field of ['cpu', 'cores', 'node'] as const) {
    if (host[field] === now[field]) continue
    throw refuse(`it was measured on another host: ${field} ${host[field]}, here ${now[field]}`)
  }
}
