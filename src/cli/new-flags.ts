import type { Argv } from 'yargs'

export type NewArgs = {
  readonly what: 'patch'
  readonly file: string
  readonly from: string
  readonly functions: string | undefined
}

export const newFlags = (yargs: Argv): Argv<NewArgs> =>
  yargs
    .positional('what', { choices: ['patch'] as const, demandOption: true, describe: 'what to create' })
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'the file to create, .ts or .js; an existing file is never overwritten',
    })
    .option('from', {
      type: 'string',
      requiresArg: true,
      default: 'precheck',
      describe: 'the variant or kernel to start from',
    })
    .option('functions', {
      type: 'string',
      requiresArg: true,
      describe: 'further functions of that kernel to include: isPageFaultStale,rwlockNeedbreak',
    }) as unknown as Argv<NewArgs>
