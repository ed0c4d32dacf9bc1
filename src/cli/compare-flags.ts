import type { Argv } from 'yargs'

const FORMATS = ['table', 'markdown', 'comment', 'json', 'benchstat']

export type CompareArgs = {
  readonly files: readonly string[]
  readonly by: string | undefined
  readonly group: string | undefined
  readonly metric: string | undefined
  readonly alpha: string
  readonly force: boolean
  readonly failOn: string | undefined
  readonly format: string
}

export const compareFlags = (yargs: Argv): Argv<CompareArgs> =>
  yargs
    .positional('files', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'result files, the base first',
    })
    .option('by', {
      type: 'string',
      requiresArg: true,
      describe:
        'what the columns are: file, variant, or any parameter [default: file; with one file: revision or variant]',
    })
    .option('group', {
      type: 'string',
      requiresArg: true,
      describe: 'make one table for each value of a parameter: vcpus,range',
    })
    .option('metric', { type: 'string', requiresArg: true, describe: 'compare only these metrics: a,b,c' })
    .option('alpha', {
      type: 'string',
      requiresArg: true,
      default: '0.05',
      describe: 'false-alarm rate over the whole table',
    })
    .option('force', { type: 'boolean', default: false, describe: 'compare although hosts, settings or code differ' })
    .option('fail-on', {
      type: 'string',
      requiresArg: true,
      describe:
        'worse, or worse:5%: exit with 1 if a figure is worse (by at least that much), or exists on one side only',
    })
    .option('format', { choices: FORMATS, default: 'table', describe: 'output format' }) as unknown as Argv<CompareArgs>
