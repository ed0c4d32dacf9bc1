// Lines of a host whose guest is one vCPU, and the summary of them: for the tests of what a recording shows.
import { chooseMemslots } from './infer-memslots.ts'
import { line, recorded } from './recorded.contract.ts'
import { summarise, type TraceSummary } from './summary.ts'

export const VCPU = 'CPU 0/KVM-4101'
export const hex = (value: number) => value.toString(16)

export function summaryOf(lines: readonly string[]): TraceSummary {
  const recording = recorded(...lines)
  recording.finish()
  return summarise(recording, chooseMemslots(recording, undefined))
}

export const times = (count: number, lines: (index: number) => readonly string[]) =>
  Array.from({ length: count }, (_, index) => lines(index)).flat()
export const fault = (us: number, gfn: number, code = '0x182', task = VCPU) =>
  line(
    task,
    us,
    'kvm_page_fault',
    `vcpu 0 rip 0xffffffff81012340 address 0x${hex(gfn * 4096).padStart(16, '0')} error_code ${code}`,
  )
export const spte = (us: number, gfn: number, low = 'b77') =>
  line(
    VCPU,
    us,
    'kvm_mmu_set_spte',
    `gfn ${hex(gfn)} spte 600000112340${low} (rwxu) level 1 at ${hex(0x18a00_0000 + gfn * 8)}`,
  )
export const guestFault = (us: number, gfn: number, task = VCPU) =>
  line(
    task,
    us,
    'kvm_guest_fault',
    `ipa 0x${hex(gfn * 4096)}, esr 0x92000007, hxfar 0xffff800012340000, pc 0xffff800010001234`,
  )
