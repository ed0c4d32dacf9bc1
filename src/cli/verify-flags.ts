import type { Argv } from 'yargs'

export type VerifyArgs = { readonly file: string; readonly rerun: string; readonly open: readonly string[] | undefined }

export const verifyFlags = (yargs: Argv): Argv<VerifyArgs> =>
  yargs
    .positional('file', { type: 'string', demandOption: true, describe: 'a result file, or - for standard input' })
    .option('rerun', {
      choices: ['none', 'modelled', 'all'],
      default: 'modelled',
      describe: 'which exact figures to recompute with the command in the file; `all` includes those of threads',
    })
    .option('open', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'allow the command in the result to open this file, such as its recording',
    }) as unknown as Argv<VerifyArgs>
