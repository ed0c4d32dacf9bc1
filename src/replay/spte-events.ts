import type { Read, SpteChange } from './event-sink.ts'
import { Field, NumberField } from './field.ts'
import { Hex } from './hex.ts'
import type { TraceLine } from './trace-line.ts'

/** Bits of an SPTE: leaf above 4 KiB, shadow-present (5.13 and later; frozen and MMIO SPTEs have it clear). */
const LARGE = 0x80
const MMU_PRESENT = 0x800
const WRITABLE = 0x2
/** Bits of the upper half from here on are no part of an address. */
const PFN_HIGH = 2 ** 20
/** `(rwx)`: where the mask of user access does not exist. */
const ACCESS_LENGTH = 3

const PAREN_CLOSE = 0x29
const ZERO = 0x30
const X = 0x78

const GFN = new NumberField('gfn ', 'gfn')
const SPTE = new NumberField(' spte ', 'spte')
const SPTEP = new NumberField(' at ', 'sptep')
const ACCESS = new Field(' (')
const LEVEL = new Field(' level ')
const RAW_LEVEL = new Field(' level=')
const OLD_SPTE = new NumberField(' old_spte ', 'old_spte')
const NEW_SPTE = new NumberField(' new_spte ', 'new_spte')
const RANGE = new NumberField('range: ', 'start')
const RANGE_END = new NumberField(' -- ', 'end')
const GENERATION = new NumberField('gen ', 'mmu_valid_gen')

const value = new Hex()
const other = new Hex()

const PAGES = [1, 512, 512 ** 2, 512 ** 3, 512 ** 4]

/**
 * Levels are one digit, behind `0x` where ftrace's option `fields` prints them: 1 is 4 KiB, 2 is 2 MiB, 3 is 1 GiB. Returns the pages of an
 * SPTE; 0 if there is no level.
 */
function pagesAt({ bytes }: TraceLine, at: number): number {
  const level = at < 0 ? 0 : bytes[bytes[at] === ZERO && bytes[at + 1] === X ? at + 2 : at]! - ZERO
  return level >= 1 && level <= PAGES.length ? PAGES[level - 1]! : 0
}

/** The level, at or after `from`; -1 if there is none. */
function levelAt({ bytes, textStart, end }: TraceLine, from: number): number {
  const named = LEVEL.find(bytes, from, end)
  return named >= 0 ? named : RAW_LEVEL.find(bytes, textStart, end)
}

export const readSetSpte: Read = (line, sink) => {
  if (GFN.read(value, line, line.textStart) < 0) return false
  const gfn = value.low52
  if (SPTE.read(other, line, value.end) < 0) return false
  const accessAt = ACCESS.find(line.bytes, other.end, line.end)
  const hasNoUser = accessAt >= 0 && line.bytes[accessAt + ACCESS_LENGTH] === PAREN_CLOSE
  const behind = accessAt < 0 ? other.end : accessAt + ACCESS_LENGTH
  const level = levelAt(line, behind)
  const pages = pagesAt(line, level)
  if (pages === 0) return false
  const sptep = SPTEP.read(value, line, Math.max(behind, level)) >= 0 ? value.low52 : 0
  sink.install(line, gfn, pages, sptep, other.low, hasNoUser)
  return true
}

export const readTdpChange: Read = (line, sink) => {
  const gfnAt = GFN.read(value, line, line.textStart)
  if (gfnAt < 0) return false
  const gfn = value.low52
  const pages = pagesAt(line, levelAt(line, gfnAt))
  const oldAt = OLD_SPTE.read(value, line, gfnAt)
  if (pages === 0 || oldAt < 0 || NEW_SPTE.read(other, line, oldAt) < 0) return false
  const isSamePfn = value.high % PFN_HIGH === other.high % PFN_HIGH && value.low >>> 12 === other.low >>> 12
  sink.spteChanged(line, gfn, pages, changeOf(value.low, other.low, pages, isSamePfn))
  return true
}

function changeOf(old: number, now: number, pages: number, isSamePfn: boolean): SpteChange {
  const isLeaf = (spte: number) => pages === 1 || (spte & LARGE) !== 0
  const wasPresent = (old & MMU_PRESENT) !== 0
  const isPresent = (now & MMU_PRESENT) !== 0
  if (!wasPresent) return isPresent && isLeaf(now) ? 'mapped' : 'other'
  if (!isLeaf(old)) return !isPresent ? 'table removed' : isLeaf(now) ? 'collapsed' : 'other'
  if (!isPresent || !isLeaf(now)) return isPresent ? 'other' : 'removed'
  if (!isSamePfn) return 'replaced'
  return (old & WRITABLE) === 0 && (now & WRITABLE) !== 0 ? 'made writable' : 'other'
}

/** The kernel prints both ends with as many digits: an end with fewer is cut, or is not the end. */
export const readUnmap: Read = (line, sink) => {
  const startAt = RANGE.read(value, line, line.textStart)
  if (startAt < 0) return false
  const start = value.page
  const { digits } = value
  const isPadded = line.bytes[startAt + 2] === ZERO
  if (RANGE_END.read(other, line, startAt) < 0 || (isPadded && other.digits < digits)) return false
  const end = other.pageUp
  if (end <= start) return false
  sink.unmap(line, start, end)
  return true
}

const HVA = new NumberField('hva: ', 'hva')
const PPC_HVA = new NumberField('hva ', 'hva')

/** kvm_unmap_hva of arm64 (`mmu notifier unmap hva: 0x...`) and PowerPC (`unmap hva 0x...`) up to 5.9, of one page. */
export const readUnmapPage: Read = (line, sink) => {
  if (HVA.read(value, line, line.textStart) < 0 && PPC_HVA.read(value, line, line.textStart) < 0) return false
  sink.unmap(line, value.page, value.page + 1)
  return true
}

/** The hva of the page that is merged. */
export const readSetPte: Read = (line, sink) => {
  if (HVA.read(value, line, line.textStart) < 0) return false
  sink.setPte(line, value.page)
  return true
}

const ATTRIBUTES = new NumberField('', 'start')

/** `0x000000018cbc00 -- 0x000000018cbc10 [0x8]`, in gfns. */
export const readAttributes: Read = (line, sink) => {
  const startAt = ATTRIBUTES.read(value, line, line.textStart)
  if (startAt < 0 || RANGE_END.read(other, line, startAt) < 0 || other.low52 <= value.low52) return false
  sink.attributesChanged(line, value.low52, other.low52 - value.low52)
  return true
}

/** kvm->arch.mmu_valid_gen is one bit, which each zap of everything turns over. trace-cmd prints another text. */
export const readZap: Read = (line, sink) => {
  sink.zap(line, GENERATION.read(value, line, line.textStart) < 0 ? -1 : value.low)
  return true
}
