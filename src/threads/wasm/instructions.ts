import { type Code, signed, signedWide, UNLIKELY, unsigned } from './encode.ts'

export const constant = (value: number): Code => [0x41, ...signed(value)]
export const wideConstant = (value: number): Code => [0x42, ...signedWide(value)]
export const getLocal = (local: number): Code => [0x20, ...unsigned(local)]
export const setLocal = (local: number): Code => [0x21, ...unsigned(local)]
export const teeLocal = (local: number): Code => [0x22, ...unsigned(local)]
export const call = (index: number): Code => [0x10, ...unsigned(index)]
export const branch = (depth: number): Code => [0x0c, ...unsigned(depth)]
export const branchIf = (depth: number): Code => [0x0d, ...unsigned(depth)]

export const UNREACHABLE: Code = [0x00]
export const RETURN: Code = [0x0f]
export const DROP: Code = [0x1a]
export const IS_ZERO = 0x45

export const block = (code: Code): Code => [[0x02, 0x40, code, 0x0b]]
export const loop = (code: Code): Code => [[0x03, 0x40, code, 0x0b]]

export const when = (test: Code, then: Code, otherwise: Code = []): Code => [
  [test, 0x04, 0x40, then, ...(otherwise.length === 0 ? [] : [0x05, otherwise]), 0x0b],
]

/** The same if the test is seldom true: V8 then keeps what `then` needs out of the way of all else. */
export const whenUnlikely = (test: Code, then: Code): Code => [[test, UNLIKELY, 0x04, 0x40, then, 0x0b]]

/** Compiles `test ? then : otherwise`. */
export const choose = (test: Code, then: Code, otherwise: Code): Code => [
  [test, 0x04, 0x7f, then, 0x05, otherwise, 0x0b],
]

/** By their names in JavaScript; those of comparisons give a boolean. */
export const ARITHMETIC = {
  '+': 0x6a,
  '-': 0x6b,
  '*': 0x6c,
  '%': 0x6f,
} as const
export const BITWISE = { '&': 0x71, '|': 0x72, '^': 0x73, '<<': 0x74, '>>': 0x75, '>>>': 0x76 } as const
export const COMPARISONS = { '===': 0x46, '!==': 0x47, '<': 0x48, '>': 0x4a, '<=': 0x4c, '>=': 0x4e } as const

/** `index >= length`, or negative: without a sign. */
export const NOT_SMALLER = 0x4f
/** An i32 as i64, and back. */
export const WITH_SIGN = 0xac
export const WITHOUT_SIGN = 0xad
export const WRAP = 0xa7
/** The lowest 32 bits of an i64, with their sign, as an i64. */
export const EXTEND_32 = 0xc4
export const ARITHMETIC_64 = { '+': 0x7c, '-': 0x7d, '*': 0x7e, '%': 0x81 } as const
export const SHIFT_RIGHT_64 = 0x87
export const IS_ZERO_64 = 0x50
export const COMPARISONS_64 = {
  '===': 0x51,
  '!==': 0x52,
  '<': 0x53,
  '>': 0x55,
  '<=': 0x57,
  '>=': 0x59,
} as const
/** An i32 as f64, and an i64. */
export const TO_FRACTION: Code = [0xb7]
export const WIDE_TO_FRACTION: Code = [0xb9]
export const fractionConstant = (value: number): Code => [0x44, ...new Uint8Array(new Float64Array([value]).buffer)]
export const FRACTIONS = { '+': 0xa0, '-': 0xa1, '*': 0xa2 } as const
export const COMPARISONS_OF_FRACTIONS = {
  '===': 0x61,
  '!==': 0x62,
  '<': 0x63,
  '>': 0x64,
  '<=': 0x65,
  '>=': 0x66,
} as const
export const LARGEST = { max: 0xa5, min: 0xa4 } as const
/** `a, b, test`: `a` if the test is true. */
export const SELECT = 0x1b
export const LEADING_ZEROS = 0x67
export const LOAD_FRACTION: Code = [0x2b, 3, 0]
export const STORE_FRACTION: Code = [0x39, 3, 0]

/** Alignment and offset of a shared word; its address is in bytes. */
const ALIGNED = [2, 0]
export const PLAIN_LOAD: Code = [0x28, ...ALIGNED]
export const PLAIN_STORE: Code = [0x36, ...ALIGNED]
/** Of the word so many after the address. */
export const plainLoadAt = (offset: number): Code => [0x28, 2, ...unsigned(offset * 4)]
export const plainStoreAt = (offset: number): Code => [0x36, 2, ...unsigned(offset * 4)]
const atomic = (code: number): Code => [0xfe, code, ...ALIGNED]
export const ATOMIC_LOAD = atomic(0x10)
export const ATOMIC_STORE = atomic(0x17)
export const READ_MODIFY_WRITE = {
  add: atomic(0x1e),
  sub: atomic(0x25),
  and: atomic(0x2c),
  or: atomic(0x33),
  xchg: atomic(0x41),
} as const
export const FENCE: Code = [0xfe, 3, 0]
export const COMPARE_EXCHANGE = atomic(0x48)

/** The address of a word, whose index is on the stack. */
export const TO_ADDRESS: Code = [...constant(2), BITWISE['<<']]
