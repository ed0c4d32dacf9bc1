import { inferMemslots } from './infer-memslots.ts'
import { mappedHvas, overlapsAny, type PageRange } from './memslots.ts'
import type { Vm, VmRecording } from './vms.ts'

/**
 * The VMs again, with ranges raised by host threads assigned to the VM whose memory they hit: each VM's faults show
 * where its memory is. Undefined if nothing is shared, or if that is not known for all of them.
 */
export function separatedByMemory(found: readonly VmRecording[]): readonly Vm[] | undefined {
  if (found.every(({ vm }) => vm?.doubt === undefined)) return undefined
  const memories: (readonly PageRange[])[] = []
  for (const { recording } of found) {
    const known = inferMemslots(recording)
    if (known.origin !== 'inferred') return undefined
    memories.push(mappedHvas(known.slots))
  }
  if (memories.some((own, index) => memories.slice(index + 1).some((other) => overlap(own, other)))) return undefined
  return found.map(({ vm }, index) => {
    const own = memories[index]!
    const foreign = memories.filter((memory) => memory !== own)
    const tasks = new Set(vm!.tasks)
    return {
      ...vm!,
      doubt: undefined,
      keepsRange: (pid: number, start: number, end: number) =>
        tasks.has(pid) || overlapsAny(own, start, end) || !foreign.some((other) => overlapsAny(other, start, end)),
    }
  })
}

const overlap = (some: readonly PageRange[], others: readonly PageRange[]) =>
  some.some(({ start, end }) => overlapsAny(others, start, end))
