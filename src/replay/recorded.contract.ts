import { fileURLToPath } from 'node:url'
import { Lines } from './lines.ts'
import { Recording } from './recording.ts'

/** Where a recording of the project lies. */
export const tracePath = (name: string): string => fileURLToPath(new URL(`../../traces/${name}`, import.meta.url))

/** What reading these lines gives. */
export function recorded(...lines: readonly string[]): Recording {
  const recording = new Recording({ keepStreams: true })
  const splitter = new Lines((bytes, start, end) => recording.take(bytes, start, end))
  splitter.push(Buffer.from(lines.map((line) => `${line}\n`).join('')))
  splitter.end()
  return recording
}

/** A line as ftrace prints it. `us`: microseconds since the trace began. */
export function line(task: string, us: number, event: string, text: string, cpu = 0): string {
  const seconds = `${1000 + Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}`
  return `${task.padStart(20)}   [${String(cpu).padStart(3, '0')}] .....  ${seconds}: ${event}: ${text}`
}

const VCPU = 'CPU 0/KVM-100'
const NOTIFIER = 'qemu-kvm-200'

/** A vCPU sets the SPTE of a gfn. */
export const setSpte = (us: number, gfn: number, task: string = VCPU): string =>
  line(task, us, 'kvm_mmu_set_spte', `gfn ${gfn.toString(16)} spte 1749cce67 (rwxu) level 1 at ${hex(gfn * 8)}`)

/** A task unmaps pages of the VMM. */
export const unmap = (us: number, page: number, pages: number, task: string = NOTIFIER): string => {
  const range = `0x${hex(page * 4096).padStart(12, '0')} -- 0x${hex((page + pages) * 4096).padStart(12, '0')}`
  return line(task, us, 'kvm_unmap_hva_range', `mmu notifier unmap range: ${range}`)
}

const hex = (value: number) => value.toString(16)
