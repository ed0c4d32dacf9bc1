import type { Argv } from 'yargs'

export type ValidateArgs = { readonly json: boolean; readonly host: boolean; readonly draws: string }

export const validateFlags = (yargs: Argv): Argv<ValidateArgs> =>
  yargs
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
    .option('draws', {
      type: 'string',
      requiresArg: true,
      default: '0',
      describe: 'number of machines with costs drawn from the ranges of each profile, for a band around each figure',
    })
    .option('host', {
      type: 'boolean',
      default: false,
      describe: 'calibrate this host, and compare its model with its threads',
    }) as unknown as Argv<ValidateArgs>
