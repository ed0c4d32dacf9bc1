import type { Argv } from 'yargs'
import { ReplayError } from '../errors/faultline-error.ts'
import type { VmChoice } from '../replay/vms.ts'
import type { VmFlags } from './vm-args.ts'

/** Flags that select the VM of a recording, and the unit of its clock. */
export const vmFlags = (yargs: Argv): Argv =>
  yargs
    .option('vm', {
      type: 'number',
      requiresArg: true,
      describe: 'which VM of a recording that holds several: its number in the summary',
    })
    .option('pid', { type: 'number', requiresArg: true, describe: 'which VM: the one with this thread or process ID' })
    .option('task', {
      type: 'string',
      requiresArg: true,
      describe: 'which VM: the one with a thread whose name contains this text',
    })
    .option('tick-rate', {
      type: 'number',
      requiresArg: true,
      describe: 'clock ticks per second, for a recording whose clock counts ticks (x86-tsc, counter, uptime)',
    })

export const tickRate = ({ tickRate: rate }: VmFlags): { readonly tickRate?: number } => {
  if (rate === undefined) return {}
  if (Number.isFinite(rate) && rate > 0) return { tickRate: rate }
  throw new ReplayError(
    `--tick-rate is ${rate}, not a number of ticks a second`,
    'Give 3e9 for a TSC of 3 GHz, 100 for uptime.',
  )
}

export const vmChoice = ({ vm, pid, task }: VmFlags): VmChoice => ({
  ...(vm === undefined ? {} : { vm }),
  ...(pid === undefined ? {} : { pid }),
  ...(task === undefined ? {} : { task }),
})
