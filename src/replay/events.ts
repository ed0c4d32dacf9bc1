import { Field } from './field.ts'
import { Hex } from './hex.ts'
import type { TraceLine } from './trace-line.ts'

/** What the events that replay and summary need say, whatever kernel printed them. All numbers are in pages. */
export interface EventSink {
  pageFault(line: TraceLine, gfn: number): void
  guestFault(line: TraceLine, gfn: number): void
  install(line: TraceLine, gfn: number, pages: number, sptep: number, isAccessed: boolean): void
  tdpInstall(line: TraceLine, gfn: number, pages: number): void
  unmap(line: TraceLine, startPage: number, endPage: number): void
  age(line: TraceLine): void
  /** `generation` of the page tables that are zapped; -1 if the text does not say. */
  zap(line: TraceLine, generation: number): void
  guestEntry(line: TraceLine): void
  fastPageFault(line: TraceLine): void
  /** [from, to) is the lock's address, [flagsFrom, flagsTo) are its flags. */
  contentionBegin(line: TraceLine, from: number, to: number, flagsFrom: number, flagsTo: number): void
  contentionEnd(line: TraceLine, from: number, to: number): void
}

/** Takes the event in; false if its text is not one of the variants. */
type Read = (line: TraceLine, sink: EventSink) => boolean

/** Bits of an SPTE: leaf above 4 KiB, shadow-present (5.13 and later; frozen and MMIO SPTEs have it clear), accessed. */
const LARGE = 0x80
const MMU_PRESENT = 0x800
const ACCESSED = 0x20
/** EPT has its accessed bit elsewhere, and no user bit: `(rwx)` instead of `(rwxu)`. */
const EPT_ACCESSED = 0x100
const EPT_ACCESS_LENGTH = 3

const PAREN_CLOSE = 0x29
const SPACE = 0x20
const ZERO = 0x30

const ADDRESS = new Field('address ')
const IPA = new Field('ipa ')
const GFN = new Field('gfn ')
const SPTE = new Field(' spte ')
const ACCESS = new Field(' (')
const LEVEL = new Field(' level ')
const AT = new Field(' at ')
const OLD_SPTE = new Field(' old_spte ')
const NEW_SPTE = new Field(' new_spte ')
const RANGE = new Field('range: ')
const GENERATION = new Field('gen ')
const RANGE_END = new Field(' -- ')
const FLAGS = new Field('(flags=')

const value = new Hex()
const other = new Hex()

/** Reads the hexadecimal field, and returns where to look for the next one; -1 if there is no such field. */
function readHex(register: Hex, field: Field, line: TraceLine, from: number): number {
  const at = field.find(line.bytes, from, line.end)
  return at >= 0 && register.read(line.bytes, at, line.end) ? at : -1
}

/** Levels are one digit: 1 is 4 KiB, 2 is 2 MiB, 3 is 1 GiB. Returns the pages of an SPTE; 0 if there is no level. */
function readPages(line: TraceLine, from: number): number {
  const at = LEVEL.find(line.bytes, from, line.end)
  const level = at < 0 ? 0 : line.bytes[at]! - ZERO
  return level >= 1 && level <= 5 ? 512 ** (level - 1) : 0
}

const readPageFault: Read = (line, sink) => {
  if (readHex(value, ADDRESS, line, line.textStart) < 0) return false
  sink.pageFault(line, value.page)
  return true
}

const readGuestFault: Read = (line, sink) => {
  if (readHex(value, IPA, line, line.textStart) < 0) return false
  sink.guestFault(line, value.page)
  return true
}

const readSetSpte: Read = (line, sink) => {
  const { bytes, end } = line
  const gfnAt = readHex(value, GFN, line, line.textStart)
  if (gfnAt < 0) return false
  const spteAt = readHex(other, SPTE, line, gfnAt)
  const accessAt = spteAt < 0 ? -1 : ACCESS.find(bytes, spteAt, end)
  if (accessAt < 0) return false
  const gfn = value.low52
  const isEpt = bytes[accessAt + EPT_ACCESS_LENGTH] === PAREN_CLOSE
  const isAccessed = (other.low & (isEpt ? EPT_ACCESSED : ACCESSED)) !== 0
  const pages = readPages(line, accessAt)
  if (pages === 0) return false
  // Without the SPTE's address nobody knows its neighbours: it is taken for a fault of its own.
  if (readHex(value, AT, line, accessAt) >= 0) sink.install(line, gfn, pages, value.low52, isAccessed)
  else sink.install(line, gfn, pages, 0, true)
  return true
}

const readTdpChange: Read = (line, sink) => {
  const gfnAt = readHex(value, GFN, line, line.textStart)
  if (gfnAt < 0) return false
  const gfn = value.low52
  const pages = readPages(line, gfnAt)
  const oldAt = readHex(value, OLD_SPTE, line, gfnAt)
  if (pages === 0 || oldAt < 0 || readHex(other, NEW_SPTE, line, oldAt) < 0) return false
  const wasPresent = (value.low & MMU_PRESENT) !== 0
  const isLeaf = (other.low & MMU_PRESENT) !== 0 && (pages === 1 || (other.low & LARGE) !== 0)
  if (!wasPresent && isLeaf) sink.tdpInstall(line, gfn, pages)
  return true
}

const readUnmap: Read = (line, sink) => {
  const startAt = readHex(value, RANGE, line, line.textStart)
  if (startAt < 0 || readHex(other, RANGE_END, line, startAt) < 0) return false
  const start = value.page
  const end = other.pageUp
  if (end <= start) return false
  sink.unmap(line, start, end)
  return true
}

/** kvm->arch.mmu_valid_gen is one bit, which each zap of everything turns over. trace-cmd prints another text. */
const readZap: Read = (line, sink) => {
  sink.zap(line, readHex(value, GENERATION, line, line.textStart) < 0 ? -1 : value.low)
  return true
}

const readContentionBegin: Read = (line, sink) => {
  const { bytes, end, textStart } = line
  const to = endOfWord(line)
  const flagsFrom = FLAGS.find(bytes, to, end)
  if (flagsFrom < 0) return false
  let flagsTo = flagsFrom
  while (flagsTo < end && bytes[flagsTo] !== PAREN_CLOSE) flagsTo += 1
  sink.contentionBegin(line, textStart, to, flagsFrom, flagsTo)
  return true
}

const readContentionEnd: Read = (line, sink) => {
  sink.contentionEnd(line, line.textStart, endOfWord(line))
  return true
}

function endOfWord(line: TraceLine): number {
  let at = line.textStart
  while (at < line.end && line.bytes[at] !== SPACE) at += 1
  return at
}

const only =
  (tell: (line: TraceLine, sink: EventSink) => void): Read =>
  (line, sink) => {
    tell(line, sink)
    return true
  }

/**
 * By event. Fields are found by name, wherever they stand, which covers the variants of 5.11 to 7.1:
 *
 *   kvm_page_fault            address %lx error_code %x                                       to 5.15
 *                             vcpu %u rip 0x%lx address 0x%016llx error_code 0x%llx           since
 *   kvm_guest_fault (arm64)   ipa %#llx, hsr|esr %#08lx, hxfar %#08lx, pc %#016lx
 *   kvm_mmu_set_spte          gfn %llx spte %llx (rwxu) level %d at %llx                      (rwx) under EPT
 *   kvm_tdp_mmu_spte_changed  as id %d gfn %llx level %d old_spte %llx new_spte %llx
 *   kvm_unmap_hva_range       mmu notifier unmap range: %#016lx -- %#016lx                    %#08lx, %#016llx elsewhere
 *   contention_begin          %p (flags=SPIN|READ|WRITE|RT|PERCPU|MUTEX)
 *   contention_end            %p (ret=%d)
 *
 * Of the others it matters only that they happened: trace-cmd prints some of them in words of its own.
 */
export const EVENTS: Readonly<Record<string, Read>> = {
  kvm_page_fault: readPageFault,
  kvm_guest_fault: readGuestFault,
  kvm_mmu_set_spte: readSetSpte,
  kvm_tdp_mmu_spte_changed: readTdpChange,
  kvm_unmap_hva_range: readUnmap,
  kvm_age_hva: only((line, sink) => sink.age(line)),
  kvm_test_age_hva: only((line, sink) => sink.age(line)),
  kvm_mmu_prepare_zap_page: readZap,
  fast_page_fault: only((line, sink) => sink.fastPageFault(line)),
  kvm_entry: only((line, sink) => sink.guestEntry(line)),
  kvm_exit: only((line, sink) => sink.guestEntry(line)),
  contention_begin: readContentionBegin,
  contention_end: readContentionEnd,
}
