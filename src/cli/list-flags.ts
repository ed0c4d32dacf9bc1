import type { Argv } from 'yargs'

export type ListArgs = { readonly json: boolean; readonly what?: string | undefined }

export const KINDS = ['all', 'scenarios', 'variants', 'machines', 'parameters', 'metrics', 'costs', 'kernels'] as const
export type Kind = (typeof KINDS)[number]

export const listFlags = (yargs: Argv): Argv<ListArgs> =>
  yargs
    .positional('what', {
      type: 'string',
      describe: `${KINDS.join(', ')}; or one scenario, machine, kernel, metric, parameter or variant by its name`,
    })
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' }) as unknown as Argv<ListArgs>
