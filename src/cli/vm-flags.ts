import type { Argv } from 'yargs'
import type { VmChoice } from '../replay/vms.ts'

export type VmFlags = {
  readonly vm: number | undefined
  readonly pid: number | undefined
  readonly task: string | undefined
}

/** Which VM of a recording is meant. */
export const vmFlags = (yargs: Argv): Argv =>
  yargs
    .option('vm', { type: 'number', requiresArg: true, describe: 'of a trace of several VMs, the one of this number' })
    .option('pid', { type: 'number', requiresArg: true, describe: 'the VM with this thread or process' })
    .option('task', { type: 'string', requiresArg: true, describe: 'the VM with a thread of this name, or part of it' })

export const vmChoice = ({ vm, pid, task }: VmFlags): VmChoice => ({
  ...(vm === undefined ? {} : { vm }),
  ...(pid === undefined ? {} : { pid }),
  ...(task === undefined ? {} : { task }),
})
