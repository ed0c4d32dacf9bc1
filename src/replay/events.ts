import { type EventSink, only, type Read } from './event-sink.ts'
import {
  readExit,
  readFastPageFault,
  readGuestFault,
  readMmio,
  readMmioSpte,
  readPageFault,
  readPpcFault,
} from './fault-events.ts'
import { Field, NumberField } from './field.ts'
import { Hex } from './hex.ts'
import { readLockAcquired, readLockContended } from './lockdep-events.ts'
import {
  readAttributes,
  readSetPte,
  readSetSpte,
  readTdpChange,
  readUnmap,
  readUnmapPage,
  readZap,
} from './spte-events.ts'
import type { TraceLine } from './trace-line.ts'

const PAREN_CLOSE = 0x29
const SPACE = 0x20
const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39

const FLAGS = new Field('(flags=')
const RAW_LOCK = new Field('lock_addr=')
const RAW_FLAGS = new NumberField('(flags=', 'flags')
const PREVIOUS = new Field('prev_pid=')
const NEXT = new Field('next_pid=')
const value = new Hex()

/** The names of LCB_F_*, by bit, as __print_flags() puts them together. */
const FLAG_NAMES = ['SPIN', 'READ', 'WRITE', 'RT', 'PERCPU', 'MUTEX']
const SPELLED = Array.from({ length: 2 ** FLAG_NAMES.length }, (_, bits) =>
  Buffer.from(FLAG_NAMES.filter((_, bit) => (bits & (1 << bit)) !== 0).join('|')),
)

const readContentionBegin: Read = (line, sink) => {
  const { bytes, end, textStart } = line
  const flagsFrom = FLAGS.find(bytes, textStart, end)
  if (flagsFrom < 0) return readRawBegin(line, sink)
  let flagsTo = flagsFrom
  while (flagsTo < end && bytes[flagsTo] !== PAREN_CLOSE) flagsTo += 1
  if (flagsTo === end) return false
  // Tools that do not know the names of the flags print a number.
  if (isDigit(bytes[flagsFrom]!) && value.readRaw(bytes, flagsFrom, flagsTo))
    return beginsWithFlags(line, sink, textStart, value.low)
  sink.contentionBegin(line, textStart, endOfWord(line, textStart), bytes, flagsFrom, flagsTo)
  return true
}

/** `lock_addr=0xffff888100000000 flags=5`. */
const readRawBegin: Read = (line, sink) => {
  const lock = RAW_LOCK.find(line.bytes, line.textStart, line.end)
  if (lock < 0 || RAW_FLAGS.read(value, line, lock) < 0) return false
  return beginsWithFlags(line, sink, lock, value.low)
}

function beginsWithFlags(line: TraceLine, sink: EventSink, lock: number, bits: number): boolean {
  const flags = SPELLED[bits % SPELLED.length]!
  sink.contentionBegin(line, lock, endOfWord(line, lock), flags, 0, flags.length)
  return true
}

const readContentionEnd: Read = (line, sink) => {
  const raw = RAW_LOCK.find(line.bytes, line.textStart, line.end)
  const from = raw < 0 ? line.textStart : raw
  sink.contentionEnd(line, from, endOfWord(line, from))
  return true
}

function endOfWord(line: TraceLine, from: number): number {
  let at = from
  while (at < line.end && line.bytes[at] !== SPACE) at += 1
  return at
}

const readSwitch: Read = (line, sink) => {
  const previous = PREVIOUS.find(line.bytes, line.textStart, line.end)
  const next = NEXT.find(line.bytes, line.textStart, line.end)
  // trace-cmd has its own format: `prev:pid [prio] S ==> next:pid [prio]`.
  const words =
    previous < 0 || next < 0
      ? /:(\d+) \[\d+\] \S+ ==> .*:(\d+) \[\d+\]/.exec(line.bytes.toString('latin1', line.textStart, line.end))
      : undefined
  if (words === null) return true
  const pidAt = (at: number) => Number.parseInt(line.bytes.toString('latin1', at, Math.min(at + 10, line.end)), 10)
  sink.switched(line, words ? Number(words[1]) : pidAt(previous), words ? Number(words[2]) : pidAt(next))
  return true
}

const entered: Read = only((line, sink) => sink.guestEntry(line))
const left: Read = only((line, sink) => sink.guestExit(line, 'other'))
/** Only a vCPU does it, and not in the midst of a fault; or in the midst of one too. */
const seen: Read = only((line, sink) => sink.vcpuSeen(line, true))
const seenInFault: Read = only((line, sink) => sink.vcpuSeen(line, false))

const MMIO_EXIT = new Field('KVM_EXIT_MMIO')
const RAW_MMIO_EXIT = new Field('reason=6 ')

const readUserspaceExit: Read = (line, sink) => {
  const { bytes, textStart, end } = line
  const isMmio = MMIO_EXIT.find(bytes, textStart, end) >= 0 || RAW_MMIO_EXIT.find(bytes, textStart, end) >= 0
  if (isMmio) sink.deviceExit(line)
  sink.vcpuSeen(line, true)
  return true
}

/**
 * By event. Fields are found by name, wherever they stand, which covers the variants of 2.6.32 to 7.1 and of `trace-cmd report -R`:
 *
 *   kvm_page_fault            address %lx error_code %x                                       to 5.15
 *                             vcpu %u rip 0x%lx address 0x%016llx error_code 0x%llx           since
 *   kvm_guest_fault (arm64)   ipa %#llx, hsr|esr %#08lx, hxfar %#08lx, pc %#016lx
 *   kvm_exit (RISC-V)         SEPC:0x%lx, SCAUSE:0x%lx, STVAL:0x%lx, HTVAL:0x%lx, HTINST:0x%lx
 *   kvm_page_fault_enter      VCPU %d: hpte=0x%lx:0x%lx guest=0x%lx ea=0x%lx,%x slot=...      PowerPC
 *   kvm_mmu_set_spte          gfn %llx spte %llx (rwxu) level %d at %llx                      (rwx) where there is no user bit
 *   kvm_tdp_mmu_spte_changed  as id %d gfn %llx level %d old_spte %llx new_spte %llx
 *   kvm_unmap_hva_range       mmu notifier unmap range: %#016lx -- %#016lx                    %#08lx, %#016llx elsewhere
 *   contention_begin          %p (flags=SPIN|READ|WRITE|RT|PERCPU|MUTEX)
 *   contention_end            %p (ret=%d)
 *
 * For the others it matters only that they happened: trace-cmd prints some of them in words of its own.
 */
export const EVENTS: Readonly<Record<string, Read>> = {
  kvm_page_fault: readPageFault,
  kvm_guest_fault: readGuestFault,
  kvm_page_fault_enter: readPpcFault,
  kvm_mmio: readMmio,
  mark_mmio_spte: readMmioSpte,
  handle_mmio_page_fault: readMmioSpte,
  kvm_mmu_set_spte: readSetSpte,
  kvm_tdp_mmu_spte_changed: readTdpChange,
  kvm_unmap_hva_range: readUnmap,
  kvm_unmap_hva: readUnmapPage,
  kvm_age_hva: only((line, sink) => sink.age(line)),
  kvm_test_age_hva: only((line, sink) => sink.age(line)),
  kvm_set_spte_hva: readSetPte,
  kvm_vm_set_mem_attributes: readAttributes,
  kvm_mmu_prepare_zap_page: readZap,
  fast_page_fault: readFastPageFault,
  kvm_entry: entered,
  kvm_enter: entered,
  kvm_reenter: entered,
  kvm_guest_enter: entered,
  kvm_s390_sie_enter: entered,
  kvm_exit: readExit,
  kvm_vcpu_exit: readExit,
  kvm_out: left,
  kvm_exit_idle: left,
  kvm_exit_cache: left,
  kvm_exit_gspr: left,
  kvm_exit_cpucfg: left,
  kvm_guest_exit: left,
  kvm_s390_sie_exit: left,
  kvm_s390_intercept_prog: seen,
  kvm_s390_intercept_instruction: seen,
  kvm_s390_handle_diag: seen,
  kvm_s390_handle_sigp: seen,
  kvm_s390_handle_lctl: seen,
  kvm_userspace_exit: readUserspaceExit,
  kvm_vcpu_wakeup: seen,
  kvm_halt_poll_ns: seen,
  kvm_msr: seen,
  kvm_cr: seen,
  kvm_cpuid: seen,
  kvm_apic: seen,
  kvm_inj_exception: seen,
  kvm_wait_lapic_expire: seen,
  kvm_wfx_arm64: seen,
  kvm_hvc_arm64: seen,
  kvm_sys_access: seen,
  kvm_handle_sys_reg: seen,
  kvm_access_fault: seenInFault,
  kvm_try_async_get_page: seenInFault,
  kvm_mmu_pagetable_walk: seenInFault,
  kvm_mmu_paging_element: seenInFault,
  kvm_pio: seen,
  kvm_hypercall: seen,
  kvm_inj_virq: seen,
  kvm_emulate_insn: seen,
  kvm_nested_vmenter: only((line, sink) => sink.nested(line, true)),
  kvm_nested_vmrun: only((line, sink) => sink.nested(line, true)),
  kvm_nested_vmexit: only((line, sink) => sink.nested(line, true)),
  kvm_nested_vmexit_inject: only((line, sink) => sink.nested(line, false)),
  sched_switch: readSwitch,
  contention_begin: readContentionBegin,
  contention_end: readContentionEnd,
  lock_contended: readLockContended,
  lock_acquired: readLockAcquired,
}
