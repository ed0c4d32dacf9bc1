import type { Argv } from 'yargs'
import type { VmFlags } from './vm-args.ts'
import { vmFlags } from './vm-flags.ts'

export type ContentionArgs = VmFlags & {
  readonly file: string
  readonly trace: string | undefined
  readonly memslots: string | undefined
  readonly json: boolean
}

export const contentionFlags = (yargs: Argv): Argv<ContentionArgs> =>
  vmFlags(yargs)
    .positional('file', { type: 'string', demandOption: true, describe: 'the output of perf lock contention' })
    .nargs('file', 1)
    .option('trace', { type: 'string', requiresArg: true, describe: 'a recording to replay with the costs' })
    .option('memslots', {
      type: 'string',
      requiresArg: true,
      describe: 'of the recording: a .json file, or gfn:hva:pages,...',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' }) as unknown as Argv<ContentionArgs>
