import { changedMachines, deviations, isExactRun, runKey } from '../bench/gate/exact.ts'
import { rank } from '../bench/gate/ranking.ts'
import type { Result, Run } from '../bench/result.ts'
import { planFaults } from '../bench/verifying/plan.ts'
import { otherWords } from '../bench/verifying/same.ts'
import { unknowable } from '../bench/verifying/unknowable.ts'
import { type Fault, faultsOf, otherCode, runName } from '../bench/verifying/verify.ts'
import { visible } from '../bench/visible.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { rankingText } from '../report/gate-text.ts'
import type { Command } from './command.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { isNamed } from './openable.ts'
import { readAsWritten } from './read-result.ts'
import { checkCommand, planIn, rerun } from './rerun.ts'
import { fitted } from './terminal.ts'
import type { VerifyArgs } from './verify-flags.ts'

export const verify: Command<VerifyArgs> = async (args, given) => {
  const io = fitted(given)
  const result = await readAsWritten(args.file, io)
  const others = new Set(result.runs.filter(otherCode()))
  const faults = faultsOf(result)
  const [lost, unknown] = others.size > 0 ? [[], []] : await againstPlan(result, args, io)
  for (const { run, says } of [...faults, ...lost]) io.out(visible(`${run}: ${says}`))
  const wrong = faults.length + lost.length
  const trials = result.runs.reduce((sum, run) => sum + run.trials.length, 0)
  const verdict =
    wrong === 0 ? 'every summary follows' : `${count(wrong, 'figure')} ${wrong === 1 ? 'does' : 'do'} not follow`
  io.out(`${count(result.runs.length, 'run')}, ${count(trials, 'trial')}: ${verdict} from what was recorded`)
  if (others.size > 0) io.out(`written by other code than this${versionOf(result)}: ${namesOf([...others])}`)
  for (const line of [...unknowable(result), ...unknown]) io.out(`not known: ${line}`)
  await checkCommand(result, args.file)
  const exact = result.runs.filter((run) => isExactRun(run) && !others.has(run))
  const again = await checkAgain(result, exact, args, io)
  if (io.signal.aborted) return EXIT.interrupted
  if (again === EXIT.usage) return again
  if (wrong > 0 || again === EXIT.regression) return EXIT.regression
  return others.size > 0 ? EXIT.incomparable : again
}

/** Reports what is missing from the plan in the command, or why that cannot be determined. */
async function againstPlan(result: Result, { file, open }: VerifyArgs, io: Io): Promise<[Fault[], string[]]> {
  try {
    const { groups, options } = await planIn(result, file, io, isNamed(open ?? []))
    return [planFaults(result, groups, options).map((says) => ({ run: 'the result', says })), []]
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return [
      [],
      [`whether all runs of its plan are there (${error.message.replace(`${file} cannot be run again: `, '')})`],
    ]
  }
}

/** Figures that could not be computed again were not checked, and do not pass. */
async function checkAgain(
  result: Result,
  exact: readonly Run[],
  { file, rerun: which, open }: VerifyArgs,
  io: Io,
): Promise<ExitCode> {
  const own = exact.filter(({ kind }) => which === 'all' || (which === 'modelled' && kind === 'modelled'))
  const left = exact.length - own.length
  const flag = exact.every(({ kind }) => own.length > 0 || kind === 'measured') ? 'all' : 'modelled'
  if (left > 0) io.out(`${count(left, nounOf(exact))} not run again: --rerun ${flag} does`)
  if (own.length === 0) return EXIT.fine
  try {
    return (await runAgain(result, own, file, open ?? [], which === 'all', io)) === 0 ? EXIT.fine : EXIT.regression
  } catch (error) {
    if (!(error instanceof FaultlineError) || error.code !== 'NOT_REPEATED') throw error
    io.err(`faultline: ${error.message}\n${error.hint}\n`)
    return EXIT.usage
  }
}

/** Computes again, bit for bit: a machine in virtual time is deterministic. */
async function runAgain(
  result: Result,
  own: readonly Run[],
  file: string,
  open: readonly string[],
  threads: boolean,
  io: Io,
): Promise<number> {
  const again = await rerun(result, own, file, io, { opens: isNamed(open), threads })
  if (io.signal.aborted) return 0
  const checked = { ...result, runs: own }
  for (const machine of changedMachines(checked, again)) io.out(machine)
  const keys = new Set(own.map(runKey))
  const same = again.runs.filter((run) => keys.has(runKey(run)))
  const found = deviations(checked, { ...again, runs: same })
  const words = found.length > 0 ? [] : otherWords(own, same)
  const verdict =
    found.length > 0
      ? `${count(found.length, 'figure')} ${found.length === 1 ? 'differs' : 'differ'}`
      : words.length > 0
        ? `the same figures, but ${count(words.length, 'other text')}`
        : 'identical to the last bit'
  io.out(`${count(own.length, nounOf(own))} run again: ${verdict}`)
  if (found.length > 0) io.out(rankingText(rank(found, 0)))
  for (const line of words.slice(0, SHOWN)) io.out(`  ${visible(line)}`)
  return found.length + words.length + changedMachines(checked, again).length
}

const SHOWN = 12

const count = (many: number, noun: string) => `${many} ${noun}${many === 1 ? '' : 's'}`
function namesOf(runs: readonly Run[]): string {
  const names = [...new Set(runs.map((run) => visible(runName(run))))]
  return names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
}

const versionOf = ({ source: { git, dirty } }: Result) =>
  git === null ? '' : ` (${git.slice(0, 12)}${dirty ? ' with changes' : ''})`
const nounOf = (runs: readonly Run[]) => (runs.every(({ kind }) => kind === 'modelled') ? 'modelled run' : 'exact run')
