import type { EventSink, Exit, FaultKind, Read } from './event-sink.ts'
import { Field, NumberField } from './field.ts'
import { Hex } from './hex.ts'
import type { TraceLine } from './trace-line.ts'

const value = new Hex()
const code = new Hex()

const ADDRESS = new NumberField('address ', 'fault_address')
const ERROR_CODE = new NumberField(' error_code ', 'error_code')
const IPA = new NumberField('ipa ', 'ipa')
const GPA = new NumberField('gpa ', 'gpa')
const GFN = new NumberField(' gfn ', 'gfn')

/** x86's code of a page fault: a reserved bit was set. In EPT's exit qualification bit 3 says that the page was readable. */
const RESERVED = 0x8
/** EPT's exit qualification: the guest's linear address is known. AMD's code has nothing there. */
const EPT_LINEAR = 0x80
/** Bits 32 and 33 are AMD's: the walk ended, or was under way. Bit 34: the page is encrypted. Bit 49: KVM's own, private. */
const AMD_WALK = 0x3
const ENCRYPTED = 0x4
const PRIVATE = 0x2_0000
/** No physical address has more bits. */
const PHYSICAL_PAGES = 2 ** 40

const SEQ = new Field('seq')
const NO_STATE: FaultKind['state'] = undefined

/** kvm_page_fault: every kernel prints the error code as its last field, so without it the line is truncated. */
export const readPageFault: Read = (line, sink) => {
  const at = ADDRESS.read(value, line, line.textStart)
  if (at < 0) return false
  const codeAt = ERROR_CODE.read(code, line, at)
  if (codeAt < 0) return false
  const { high, low } = code
  const isAmd = (high & AMD_WALK) !== 0
  const gfn = value.page
  sink.pageFault(line, gfn, {
    isVirtual: gfn >= PHYSICAL_PAGES,
    isReserved: (low & RESERVED) !== 0 && (isAmd || (low & EPT_LINEAR) === 0),
    isPrivate: (high & (ENCRYPTED | PRIVATE)) !== 0,
    state: SEQ.find(line.bytes, codeAt, line.end) < 0 ? NO_STATE : stateIn(line, codeAt),
  })
  return true
}

/** The fields of a patched tracepoint: `, seq = 0x8002dc25, in_prog = 0x0`. */
function stateIn(line: TraceLine, from: number): FaultKind['state'] {
  const text = line.bytes.toString('latin1', from, line.end)
  const seq = /seq\w*\s*[=:]?\s*(0x[\da-f]+|\d+)/i.exec(text)?.[1]
  if (seq === undefined) return undefined
  return { seq, inProgress: /in_?prog\w*\s*[=:]?\s*(0x[\da-f]+|\d+)/i.exec(text)?.[1] ?? 'not printed' }
}

const SYNDROME = new NumberField('hsr ', 'hsr')
const NEW_SYNDROME = new NumberField('esr ', 'esr')
/** arm64's syndrome says how an access can be emulated only if this bit is set: without it there is no MMIO. */
const SYNDROME_VALID = 0x100_0000
/** The fault status in it: a translation fault, at any level. */
const STATUS = 0x3c
const TRANSLATION = 0x04
/** The page is mapped, but its access flag is clear: the host sets it, and the guest goes on. */
const ACCESS_FLAG = 0x08

/** arm64. */
export const readGuestFault: Read = (line, sink) => {
  if (IPA.read(value, line, line.textStart) < 0) return false
  const gfn = value.page
  const isKnown = SYNDROME.read(code, line, line.textStart) >= 0 || NEW_SYNDROME.read(code, line, line.textStart) >= 0
  const mayBeDevice = isKnown && (code.low & STATUS) === TRANSLATION && (code.low & SYNDROME_VALID) !== 0
  const isMapped = isKnown && (code.low & STATUS) === ACCESS_FLAG
  if (isMapped) sink.foundMapped(line, gfn)
  sink.guestFault(line, gfn, mayBeDevice)
  if (isMapped) sink.foundMapped(line, gfn)
  return true
}

const PPC_GPA = new NumberField(' gpa=', 'gpa')
const PPC_GUEST = new NumberField(' guest=', 'gpte_r')

/** kvm_page_fault_enter of PowerPC's hash MMU: `guest=` is the guest's page table entry, which holds the address. */
export const readPpcFault: Read = (line, sink) => {
  if (PPC_GPA.read(value, line, line.textStart) >= 0) return toldGuestFault(line, sink, value.page)
  if (PPC_GUEST.read(value, line, line.textStart) < 0) return false
  // The first four bits are a key and rights.
  return toldGuestFault(line, sink, (value.high & 0xfff_ffff) * 2 ** 20 + (value.low >>> 12))
}

function toldGuestFault(line: TraceLine, sink: EventSink, gfn: number): boolean {
  sink.guestFault(line, gfn, false)
  return true
}

export const readMmio: Read = (line, sink) => {
  if (GPA.read(value, line, line.textStart) < 0) return false
  sink.deviceAccess(line, value.page)
  return true
}

/** mark_mmio_spte and handle_mmio_page_fault. */
export const readMmioSpte: Read = (line, sink) => {
  if (GFN.read(value, line, line.textStart) < 0) return false
  sink.deviceAccess(line, value.low52)
  return true
}

const REASON = new Field('reason ')
const RAW_REASON = new NumberField(' exit_reason ', 'exit_reason')
const SCAUSE = new Field('SCAUSE:')
const HTVAL = new Field('HTVAL:')
const ARM_CLASS = new Field('HSR_EC: ')
const TLB = new Field('[TLB')
const BADV = new Field('Badv:')

/**
 * x86: `reason EPT_VIOLATION`; RISC-V: `SCAUSE:0x17, ..., HTVAL:0x20080000`, later with a space behind each colon; LoongArch:
 * `[TLB STORE]PC: ... Badv: ...`; arm64: `TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: ...`.
 */
export const readExit: Read = (line, sink) => {
  const { bytes, textStart, end } = line
  const reason = REASON.find(bytes, textStart, end)
  if (reason >= 0) return told(line, sink, namedExit(bytes, reason))
  const cause = SCAUSE.find(bytes, textStart, end)
  if (cause >= 0) return readRiscvExit(line, sink, cause)
  if (RAW_REASON.read(value, line, textStart) >= 0) return told(line, sink, numberedExit(value.low))
  const armClass = ARM_CLASS.find(bytes, textStart, end)
  if (armClass >= 0 && value.read(bytes, armClass, end) && ARM_ABORTS.includes(value.low))
    return told(line, sink, 'abort')
  sink.guestExit(line, 'other')
  if (TLB.find(bytes, textStart, end) >= 0 && BADV.find(bytes, textStart, end) >= 0) sink.virtualFault(line)
  return true
}

/** Exception classes of arm64: an abort of the guest's, of an instruction and of data. */
const ARM_ABORTS = [0x20, 0x24]

function told(line: TraceLine, sink: EventSink, exit: Exit): boolean {
  sink.guestExit(line, exit)
  return true
}

/** EPT_VIOLATION, EPT_MISCONFIG; npf; EXCEPTION_NMI, and `PF excp` on AMD. */
function namedExit(bytes: Buffer, at: number): Exit {
  const name = bytes.toString('latin1', at, at + 8)
  if (name.startsWith('EPT_')) return 'ept'
  if (name.toLowerCase().startsWith('npf')) return 'npf'
  return name.startsWith('EXCEPTI') || /^(?:PF )?excp/i.test(name) ? 'exception' : 'other'
}

/** Intel's 48 and 49, AMD's 0x400; Intel's 0, AMD's 0x4e. */
function numberedExit(reason: number): Exit {
  if (reason === 48 || reason === 49) return 'ept'
  if (reason === 0x400) return 'npf'
  return reason === 0 || reason === 0x4e ? 'exception' : 'other'
}

/** A guest page fault of an instruction, a load or a store; HTVAL is the guest's physical address without its last two bits. */
const RISCV_FAULTS = [0x14, 0x15, 0x17]
const RISCV_LOAD = 0x15

function readRiscvExit(line: TraceLine, sink: EventSink, cause: number): boolean {
  if (!value.read(line.bytes, behindSpace(line.bytes, cause), line.end)) return false
  sink.guestExit(line, 'other')
  if (!RISCV_FAULTS.includes(value.low)) return true
  const isLoad = value.low === RISCV_LOAD
  const at = HTVAL.find(line.bytes, cause, line.end)
  if (at < 0 || !value.read(line.bytes, behindSpace(line.bytes, at), line.end)) return false
  // The hardware may leave HTVAL zero.
  if (value.isZero) sink.virtualFault(line)
  else sink.guestFault(line, value.high * 2 ** 22 + Math.floor(value.low / 2 ** 10), isLoad)
  return true
}

const SPACE = 0x20
const behindSpace = (bytes: Buffer, at: number) => (bytes[at] === SPACE ? at + 1 : at)

const FIXED = new NumberField(' fixed ', 'fixed')

/** A kernel's text ends in `fixed 1`; newer ones say by name: `ret = RET_PF_FIXED`. */
const NAMED_FIXED = new Field('PF_FIXED')

export const readFastPageFault: Read = (line, sink) => {
  const isNumbered = FIXED.read(value, line, line.textStart) >= 0
  const isNamed = NAMED_FIXED.find(line.bytes, line.textStart, line.end) >= 0
  sink.fastPageFault(line, isNamed || (isNumbered && !value.isZero))
  return true
}
