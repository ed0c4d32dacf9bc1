import type { Argv } from 'yargs'

export type CalibrateArgs = { readonly out: string | undefined; readonly force: boolean; readonly json: boolean }

export const calibrateFlags = (yargs: Argv): Argv<CalibrateArgs> =>
  yargs
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'where to write the profile [default: host.profile.json]',
    })
    .option('force', {
      type: 'boolean',
      default: false,
      describe: 'replace an existing file even if it is not a profile',
    })
    .option('json', {
      type: 'boolean',
      default: false,
      describe: 'print the profile instead of the table; a file is written only with --out',
    }) as unknown as Argv<CalibrateArgs>
