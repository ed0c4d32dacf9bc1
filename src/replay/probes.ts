import type { FaultKind } from './event-sink.ts'
import type { TraceLine } from './trace-line.ts'

/**
 * Probes (kprobe, fprobe, eprobe, perf probe) of functions whose arguments contain a fault or a range, if their author used
 * the kernel's names. The function nearest to the page tables comes first: if one fault passes through several, one counts.
 */
const FAULTS = [
  'kvm_tdp_page_fault',
  'kvm_tdp_mmu_page_fault',
  'direct_page_fault',
  'tdp_page_fault',
  'kvm_mmu_map_tdp_page',
  'kvm_mmu_do_page_fault',
  'kvm_mmu_page_fault',
  'user_mem_abort',
  'kvm_riscv_mmu_map',
  'kvm_riscv_gstage_map',
  'kvmppc_book3s_instantiate_page',
  'kvm_page_fault',
] as const
const RANGES = [
  'kvm_mmu_notifier_invalidate_range_start',
  '__kvm_handle_hva_range',
  'kvm_handle_hva_range',
  'kvm_unmap_hva_range',
] as const
const ADDRESSES = ['gpa', 'cr2_or_gpa', 'addr', 'address', 'fault_address', 'fault_ipa', 'ipa', 'cr2']

/** The functions whose probes are read. */
export type Probed = { readonly fault?: string | undefined; readonly range?: string | undefined }

/** The content of such a probe's event, in pages. */
export type ProbeEvent =
  | { readonly of: string; readonly kind: 'fault'; readonly gfn: number; readonly fault: FaultKind }
  | { readonly of: string; readonly kind: 'range'; readonly start: number; readonly end: number }

/** `(kvm_mmu_page_fault+0x0/0x5d0 [kvm]) cr2=0x1000`, `(ffffffffc0a01234) gfn=0x12`, `(kvm.kvm_page_fault) address=0x1000`. */
const PROBE = /^\((?:(\w[\w.]*)\+0x([\da-f]+)\/[^)]*|(?:0x)?[\da-f]{8,16}(?: <- (?:0x)?[\da-f]+)?|\w+\.(\w+))\)(?: |$)/
/** The largest offset of a function's entry, after code inserted by CPUs and tracers. */
const LAST_OF_ENTRY = 0x10
const ARGUMENT = /(\w+)=(0x[\da-f]+|\d+)(?=\s|$)/g
/** The default event names that perf and ftrace derive from the function's name. */
const NAME = /^(?:p_|myprobe_)?(\w+?)(?:__entry|_\d+)?$/
const OPEN_ROUND = 0x28
const LONGEST_TEXT = 512
const PAGE = 4096n
/** No physical address has more bits. */
const PHYSICAL_PAGES = 2n ** 40n
const RESERVED = 0x8n

export const isProbe = ({ bytes, textStart, end }: TraceLine): boolean =>
  bytes[textStart] === OPEN_ROUND && PROBE.test(bytes.toString('latin1', textStart, Math.min(end, textStart + 128)))

/** Undefined if the probe is for another function or for its return, or lacks a needed argument. */
export function probeIn({ bytes, eventStart, eventEnd, textStart, end }: TraceLine): ProbeEvent | undefined {
  const text = bytes.toString('latin1', textStart, Math.min(end, textStart + LONGEST_TEXT))
  const found = PROBE.exec(text)
  if (found === null || found[0].includes(' <- ')) return undefined
  const [where, called, offset, event] = found
  if (offset !== undefined && Number.parseInt(offset, 16) > LAST_OF_ENTRY) return undefined
  const of = called ?? event ?? NAME.exec(bytes.toString('latin1', eventStart, eventEnd))?.[1] ?? ''
  const values = new Map(
    Array.from(text.slice(where.length).matchAll(ARGUMENT), ([, name, value]) => [name!, BigInt(value!)]),
  )
  if ((FAULTS as readonly string[]).includes(of)) return faultIn(of, values)
  return (RANGES as readonly string[]).includes(of) ? rangeIn(of, values) : undefined
}

function faultIn(of: string, values: ReadonlyMap<string, bigint>): ProbeEvent | undefined {
  const address = ADDRESSES.map((name) => values.get(name)).find((value) => value !== undefined)
  const gfn = values.get('gfn') ?? (address === undefined ? undefined : address / PAGE)
  if (gfn === undefined) return undefined
  const code = values.get('error_code') ?? 0n
  const isReserved = of.startsWith('kvm_mmu_') && (code & RESERVED) !== 0n
  const fault = { isVirtual: gfn >= PHYSICAL_PAGES, isReserved, isPrivate: false, state: undefined }
  return { of, kind: 'fault', gfn: Number(gfn), fault }
}

function rangeIn(of: string, values: ReadonlyMap<string, bigint>): ProbeEvent | undefined {
  const start = values.get('start')
  const end = values.get('end')
  if (start === undefined || end === undefined || end <= start) return undefined
  return { of, kind: 'range', start: Number(start / PAGE), end: Number((end + PAGE - 1n) / PAGE) }
}

/** Counts probes by function, and selects those that replace a missing tracepoint. */
export class ProbeCounts {
  all = 0
  readonly #byFunction = new Map<string, number>()

  saw(probe: ProbeEvent | undefined): void {
    this.all += 1
    if (probe !== undefined) this.#byFunction.set(probe.of, this.of(probe.of) + 1)
  }

  of(name: string | undefined): number {
    return name === undefined ? 0 : (this.#byFunction.get(name) ?? 0)
  }

  told(hasFaults: boolean, hasRanges: boolean): Probed | undefined {
    const fault = hasFaults ? undefined : FAULTS.find((name) => this.of(name) > 0)
    const range = hasRanges ? undefined : RANGES.find((name) => this.of(name) > 0)
    return fault === undefined && range === undefined ? undefined : { fault, range }
  }
}
