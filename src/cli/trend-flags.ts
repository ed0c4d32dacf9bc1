import type { Argv } from 'yargs'

export type TrendArgs = {
  readonly files: readonly string[]
  readonly append: string | undefined
  readonly metric: string | undefined
  readonly last: string | undefined
  readonly alpha: string
  readonly minChange: string
  readonly newest: string | undefined
  readonly failOn: string | undefined
  readonly json: boolean
}

export const trendFlags = (yargs: Argv): Argv<TrendArgs> =>
  yargs
    .positional('files', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'history files, one result per line',
    })
    .option('append', { type: 'string', requiresArg: true, describe: 'add this result to the history first' })
    .option('metric', { type: 'string', requiresArg: true, describe: 'compare only these metrics: a,b,c' })
    .option('last', {
      type: 'string',
      requiresArg: true,
      describe: 'number of points to look at, the last ones [default: 200]',
    })
    .option('alpha', {
      type: 'string',
      requiresArg: true,
      default: '0.01',
      describe: 'false-alarm rate of a series without a change',
    })
    .option('min-change', {
      type: 'string',
      requiresArg: true,
      default: '1%',
      describe: 'smallest difference between measured levels that counts as a change',
    })
    .option('newest', {
      type: 'string',
      requiresArg: true,
      describe: 'report only changes that began in this number of newest points [default: all; with --fail-on: 8]',
    })
    .option('fail-on', {
      type: 'string',
      requiresArg: true,
      describe: 'worse, or worse:5%: exit with 1 if one of these changes is a regression (of at least that size)',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' }) as unknown as Argv<TrendArgs>
