import type { Argv } from 'yargs'
import { deviations, isExactRun, runKey } from '../bench/gate/exact.ts'
import type { Result, Run } from '../bench/result.ts'
import { faultsOf, isOfOtherCode, runName } from '../bench/verify.ts'
import { deviationText } from '../report/gate-text.ts'
import type { Command } from './command.ts'
import { EXIT, type Io } from './io.ts'
import { readResult } from './read-result.ts'
import { rerun } from './rerun.ts'

type Args = { readonly file: string }

export const verify: Command<Args> = {
  name: 'verify',
  usage: 'verify <file>',
  summary: 'Derive the summaries of a result file anew from its trials, and run its modelled runs again.',
  flags: (yargs) =>
    yargs.positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'a result file',
    }) as unknown as Argv<Args>,

  async run({ file }, io) {
    const result = await readResult(file, io)
    const faults = faultsOf(result)
    for (const { run, says } of faults) io.out(`${run}: ${says}`)
    const trials = result.runs.reduce((sum, run) => sum + run.trials.length, 0)
    const verdict = faults.length === 0 ? 'every summary follows' : `${faults.length} figures do not follow`
    io.out(`${count(result.runs.length, 'run')}, ${count(trials, 'trial')}: ${verdict} from what was recorded`)
    const others = result.runs.filter(isOfOtherCode)
    if (others.length > 0) io.out(`written by other code than this${versionOf(result)}: ${namesOf(others)}`)
    const own = result.runs.filter((run) => isExactRun(run) && !others.includes(run))
    const changed = own.length === 0 ? 0 : await runAgain(result, own, file, io)
    if (faults.length > 0 || changed > 0) return EXIT.regression
    return others.length > 0 ? EXIT.incomparable : EXIT.fine
  },
}

/** Bit for bit: what a machine in virtual time did once it does again. */
async function runAgain(result: Result, own: readonly Run[], file: string, io: Io): Promise<number> {
  const again = await rerun(result, own, file, io)
  const found = deviations({ ...result, runs: own }, { ...again, runs: again.runs.filter(isAmong(own)) })
  const verdict = found.length === 0 ? 'the same to the last bit' : `${found.length} figures are others`
  io.out(`${count(own.length, 'modelled run')} run again: ${verdict}`)
  if (found.length > 0) io.out(deviationText(found))
  return found.length
}

const isAmong = (own: readonly Run[]) => (run: Run) => own.some((other) => runKey(other) === runKey(run))
const count = (many: number, noun: string) => `${many} ${noun}${many === 1 ? '' : 's'}`
const namesOf = (runs: readonly Run[]) => [...new Set(runs.map(runName))].join(', ')

const versionOf = ({ source: { git, dirty } }: Result) =>
  git === null ? '' : ` (${git.slice(0, 12)}${dirty ? ' with changes' : ''})`
