import type { Argv } from 'yargs'
import type { VmFlags } from './vm-args.ts'
import { vmFlags } from './vm-flags.ts'

export type TraceArgs = VmFlags & {
  readonly file: string
  readonly memslots: string | undefined
  readonly json: boolean
  readonly report: string | undefined
  readonly force: boolean
}

export const traceFlags = (yargs: Argv): Argv<TraceArgs> =>
  vmFlags(yargs)
    .positional('file', { type: 'string', demandOption: true, describe: 'the recording' })
    // Takes what follows as it is: without this the parser makes an empty text of `-`.
    .nargs('file', 1)
    .option('memslots', {
      type: 'string',
      requiresArg: true,
      describe: 'memslots: a .json file, or gfn:hva:pages,...',
    })
    .option('report', {
      type: 'string',
      requiresArg: true,
      describe: 'also write a page with a timeline to this file',
    })
    .option('force', {
      type: 'boolean',
      default: false,
      describe: 'replace the file at --report even if faultline did not write it',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' }) as unknown as Argv<TraceArgs>
