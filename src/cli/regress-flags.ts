import { join } from 'node:path'
import type { Argv } from 'yargs'

const FORMATS = ['table', 'markdown', 'comment', 'junit'] as const

export type RegressArgs = {
  readonly baseline: string
  readonly update: boolean
  readonly against: string | undefined
  readonly skipExact: boolean
  readonly ignoreBelow: string
  readonly gate: string
  readonly plan: string
  readonly out: string | undefined
  readonly format: (typeof FORMATS)[number]
}

export const regressFlags = (yargs: Argv): Argv<RegressArgs> =>
  yargs
    .option('baseline', {
      type: 'string',
      requiresArg: true,
      default: join('results', 'baseline'),
      describe: 'folder of results whose exact figures must not change, or one such result',
    })
    .option('update', {
      type: 'boolean',
      default: false,
      describe: 'write the current figures to the baseline, and report what changed',
    })
    .option('against', {
      type: 'string',
      requiresArg: true,
      describe: 'also measure this tree against its merge base with a git revision, trials interleaved',
    })
    .option('skip-exact', { type: 'boolean', default: false, describe: 'with --against: run only the measured tier' })
    .option('ignore-below', {
      type: 'string',
      requiresArg: true,
      default: '0',
      describe: 'exact figures that changed by less than this do not fail the gate: 0.5%',
    })
    .option('gate', { choices: ['exact', 'all'], default: 'exact', describe: 'which tier can fail the gate' })
    .option('plan', {
      type: 'string',
      requiresArg: true,
      default: '-s precheck',
      describe: 'flags of the `bench` run that --against measures',
    })
    .option('out', { type: 'string', requiresArg: true, describe: 'file for the measured result' })
    .option('format', {
      choices: FORMATS,
      default: 'table',
      describe: 'output format; junit: the XML that most CIs show, a case for each run of the baseline',
    }) as unknown as Argv<RegressArgs>
