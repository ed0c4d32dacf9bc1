import type { Argv } from 'yargs'

export type ReportArgs = {
  readonly files: readonly string[]
  readonly out: string | undefined
  readonly open: boolean
  readonly force: boolean
}

export const reportFlags = (yargs: Argv): Argv<ReportArgs> =>
  yargs
    .positional('files', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'result files, or a recording of KVM and results that replay it; - reads a result from standard input',
    })
    .option('out', {
      alias: 'o',
      type: 'string',
      requiresArg: true,
      describe: 'the page [default: the name of the first file, with .html]',
    })
    .option('force', {
      type: 'boolean',
      default: false,
      describe: 'replace an existing file even if faultline did not write it',
    })
    .option('open', {
      type: 'boolean',
      default: false,
      describe: 'open the page in the browser',
    }) as unknown as Argv<ReportArgs>
