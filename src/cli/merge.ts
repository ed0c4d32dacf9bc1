import type { Argv } from 'yargs'
import { resultText } from '../bench/digest.ts'
import { mergeParts } from '../bench/merge.ts'
import type { Command } from './command.ts'
import { checkOutput, save } from './files/output.ts'
import { EXIT } from './io.ts'
import { readAsWritten } from './read-result.ts'

type Args = { readonly files: readonly string[]; readonly out: string; readonly force: boolean }

export const merge: Command<Args> = {
  flags: (yargs) =>
    yargs
      .positional('files', { type: 'string', array: true, demandOption: true, describe: 'all parts, in any order' })
      .option('out', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'file for the merged result',
      })
      .option('force', {
        type: 'boolean',
        default: false,
        describe: 'replace an existing file even if it is not a result',
      }) as unknown as Argv<Args>,

  async run({ files, out, force }, io) {
    const output = { path: out, kind: 'result', force, inputs: files } as const
    checkOutput(output)
    const parts = []
    for (const name of files) parts.push({ name, result: await readAsWritten(name, io) })
    save(output, resultText(mergeParts(parts)))
    io.out(out)
    return EXIT.fine
  },
}
