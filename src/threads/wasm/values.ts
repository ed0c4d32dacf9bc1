import type { Code } from './encode.ts'
import {
  constant,
  fractionConstant,
  TO_FRACTION,
  WIDE_TO_FRACTION,
  WITH_SIGN,
  WITHOUT_SIGN,
  wideConstant,
} from './instructions.ts'
import { BIT, isWithin, type Range, SIGNED } from './ranges.ts'

/** A value while it is compiled: known already, computed by code, or none at all. */
export type Value =
  | { readonly kind: 'known'; readonly value: unknown }
  | {
      readonly kind: 'computed'
      readonly code: Code
      readonly isBoolean: boolean
      /** It does nothing but give the value, so it may be left out. */
      readonly isPure?: boolean
      /** What number it may be in JavaScript: `code` has the lowest 32 bits of it. */
      readonly range: Range
      /** If 32 bits with a sign are too few: the number in 64, and in 32 by code that throws if it does not fit. */
      readonly exact?: Code
      readonly checked?: Code
    }
  /** A number that need not be whole: an f64. `isPure`: as above. */
  | { readonly kind: 'fraction'; readonly code: Code; readonly isPure: boolean }
  /** `why`: it would be something, if the function that gives it could be compiled. */
  | { readonly kind: 'nothing'; readonly code: Code; readonly why?: NotCompiled }
  /** One of a table of placed objects: which, is in a local that `code` sets. */
  | { readonly kind: 'element'; readonly table: readonly object[]; readonly local: number; readonly code: Code }

/** The CPU that all is compiled for. */
export const CPU = Symbol('cpu')

/** An object that is not there when code is compiled: it can be passed on, and nothing of it is known. */
export class Unknown {}

export const known = (value: unknown): Value => ({ kind: 'known', value })
export const number = (code: Code, isPure = false, range = SIGNED): Value => ({
  kind: 'computed',
  code,
  isBoolean: false,
  isPure,
  range,
})
export const boolean = (code: Code, isPure = false): Value => ({
  kind: 'computed',
  code,
  isBoolean: true,
  isPure,
  range: BIT,
})
export const fraction = (code: Code, isPure = false): Value => ({ kind: 'fraction', code, isPure })
export const nothing = (code: Code = []): Value => ({ kind: 'nothing', code })

/** Code that cannot be compiled, and stays JavaScript. */
export class NotCompiled extends Error {
  /** The function that has it, if it is called by the one that was to be compiled. */
  readonly where: string | undefined

  constructor(why: string, where?: string) {
    super(why)
    this.where = where
  }
}

/** Code that throws if it is reached: it uses what this VM does not have. */
export class Throws extends Error {}

/** The value as an i32 on the stack. */
export function codeOf(value: Value): Code {
  if (value.kind === 'computed') {
    if (isWithin(value.range, SIGNED)) return value.code
    if (value.checked === undefined) throw new NotCompiled('>>> by nothing, for more than a comparison')
    return value.checked
  }
  if (value.kind === 'nothing' && value.why !== undefined) throw value.why
  if (value.kind !== 'known') throw new NotCompiled('a value that is no number')
  if (typeof value.value === 'boolean') return constant(Number(value.value))
  if (!isOf32Bits(value.value)) throw new NotCompiled(`a constant that is not a 32-bit number (${String(value.value)})`)
  return constant(value.value)
}

/** The lowest 32 bits of it, which are all that JavaScript stores in a word, or looks at in an operation on bits. */
export function bitsOf(value: Value): Code {
  if (value.kind === 'computed') return value.code
  const isWhole = value.kind === 'known' && Number.isSafeInteger(value.value)
  return isWhole ? constant((value.value as number) | 0) : codeOf(value)
}

/** The number in 64 bits. */
export function wideOf(value: Value): Code {
  if (value.kind === 'computed' && value.exact !== undefined) return value.exact
  if (value.kind === 'computed') return [value.code, isWithin(value.range, SIGNED) ? WITH_SIGN : WITHOUT_SIGN]
  const isWhole = value.kind === 'known' && Number.isSafeInteger(value.value)
  return isWhole ? wideConstant(value.value as number) : [codeOf(value), WITH_SIGN]
}

/** The number as an f64, which has every number that is computed here as JavaScript has it. */
export function fractionOf(value: Value): Code {
  if (value.kind === 'fraction') return value.code
  if (value.kind === 'known' && typeof value.value === 'number') return fractionConstant(value.value)
  if (isBoolean(value)) throw new NotCompiled('a boolean that is taken for a number')
  return isWithin(rangeOf(value), SIGNED) ? [codeOf(value), TO_FRACTION] : [wideOf(value), WIDE_TO_FRACTION]
}

/** What number it may be. */
export function rangeOf(value: Value): Range {
  if (value.kind === 'computed') return value.range
  if (value.kind === 'nothing' && value.why !== undefined) throw value.why
  const isNumber = value.kind === 'known' && /^(number|boolean)$/.test(typeof value.value)
  if (!isNumber) throw new NotCompiled('a value that is no number')
  return { least: Number(value.value), most: Number(value.value) }
}

export const isOf32Bits = (value: unknown): value is number =>
  Number.isInteger(value) && value === ((value as number) | 0)

export const isBoolean = (value: Value): boolean =>
  value.kind === 'computed' ? value.isBoolean : value.kind === 'known' && typeof value.value === 'boolean'

/** Whether it can be left out, or be computed at another time in the same statement. */
export const isPure = (value: Value): boolean =>
  value.kind === 'known' || ((value.kind === 'computed' || value.kind === 'fraction') && value.isPure === true)

/** Describes table elements, or their numbers, as `base + index * step`. */
export function stepsOf(numbers: readonly unknown[]): { readonly base: number; readonly step: number } {
  const [base, next] = numbers as [number, number?]
  if (!numbers.every(isOf32Bits)) throw new NotCompiled('a table of other things than whole numbers of 32 bits')
  const step = typeof next === 'number' ? next - base : 0
  if (numbers.some((each, index) => each !== base + index * step)) {
    throw new NotCompiled('a table whose words are not evenly spaced')
  }
  return { base, step }
}

/** A value that is computed behind this code. */
export function after(before: Code, value: Value, isBeforePure: boolean): Value {
  if (before.length === 0 || (isBeforePure && value.kind === 'known')) return value
  if (value.kind === 'nothing') return { ...value, code: [...before, ...value.code] }
  if (value.kind === 'fraction') return fraction([before, value.code])
  if (value.kind !== 'computed') return (isBoolean(value) ? boolean : number)([before, codeOf(value)])
  const { code, exact, checked } = value
  const whole = { ...value, isPure: false, code: [before, code] }
  if (exact === undefined) return whole
  return { ...whole, exact: [before, exact], ...(checked === undefined ? {} : { checked: [before, checked] }) }
}
