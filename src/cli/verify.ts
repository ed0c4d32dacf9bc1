import type { Argv } from 'yargs'
import { faultsOf, isOfOtherCode, runName } from '../bench/verify.ts'
import type { Command } from './command.ts'
import { EXIT } from './io.ts'
import { readResult } from './read-result.ts'

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
    const trials = result.runs.reduce((sum, run) => sum + run.trials.length, 0)
    for (const { run, says } of faults) io.out(`${run}: ${says}`)
    const others = result.runs.filter(isOfOtherCode)
    io.out(
      `${result.runs.length} runs, ${trials} trials: ${faults.length === 0 ? 'every summary follows from them' : `${faults.length} figures do not follow from them`}`,
    )
    if (others.length > 0) {
      const git =
        result.source.git === null
          ? ''
          : `, at ${result.source.git.slice(0, 12)}${result.source.dirty ? ' with changes' : ''}`
      io.out(`written by other code than this${git}: ${[...new Set(others.map(runName))].join(', ')}`)
    }
    if (faults.length > 0) return EXIT.regression
    return others.length > 0 ? EXIT.incomparable : EXIT.fine
  },
}
