import type { Argv } from 'yargs'

export type DiffArgs = { readonly a: string; readonly b: string }

export const diffFlags = (yargs: Argv): Argv<DiffArgs> =>
  yargs
    .positional('a', { type: 'string', demandOption: true, describe: 'a variant, a kernel such as v6.8, or a file' })
    .positional('b', {
      type: 'string',
      demandOption: true,
      describe: 'another variant, kernel or file',
    }) as unknown as Argv<DiffArgs>
