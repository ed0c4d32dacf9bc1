import { chooseMemslots } from '../replay/infer-memslots.ts'
import { readMemslots } from '../replay/read-memslots.ts'
import { readVms } from '../replay/read-recording.ts'
import { summarise } from '../replay/summary.ts'
import type { RecordedVm } from '../report/page/trace-page.ts'
import type { Io } from './io.ts'
import type { VmFlags } from './vm-args.ts'
import { tickRate, vmChoice } from './vm-flags.ts'

type Asked = Partial<VmFlags> & { readonly memslots?: string | undefined; readonly keepStreams: boolean }

const EVERY_VM: VmFlags = { vm: undefined, pid: undefined, task: undefined, tickRate: undefined }

/** The VMs in a recording with their summaries. `keepStreams`: also keep single events, for a picture. */
export async function recordedVms(
  file: string,
  { memslots, keepStreams, ...flags }: Asked,
  io: Io,
): Promise<RecordedVm[]> {
  const given = memslots === undefined ? undefined : await readMemslots(memslots)
  const vmFlags = { ...EVERY_VM, ...flags }
  const read = { keepStreams, stdin: io.stdin, choice: vmChoice(vmFlags), ...tickRate(vmFlags) }
  const found = await readVms(file, read)
  return found.map(({ recording, vm }) => {
    return { recording, summary: summarise(recording, chooseMemslots(recording, given), file, vm) }
  })
}
