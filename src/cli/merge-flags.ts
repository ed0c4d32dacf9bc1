import type { Argv } from 'yargs'

export type MergeArgs = { readonly files: readonly string[]; readonly out: string; readonly force: boolean }

export const mergeFlags = (yargs: Argv): Argv<MergeArgs> =>
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
    }) as unknown as Argv<MergeArgs>
