import type { Code } from './encode.ts'
import { constant } from './instructions.ts'

/** A value while it is compiled: known already, computed by code, or none at all. */
export type Value =
  | { readonly kind: 'known'; readonly value: unknown }
  | { readonly kind: 'computed'; readonly code: Code; readonly isBoolean: boolean }
  | { readonly kind: 'nothing'; readonly code: Code }
  /** One of a table of placed objects: which, is in a local that `code` sets. */
  | { readonly kind: 'element'; readonly table: readonly object[]; readonly local: number; readonly code: Code }

/** The CPU that all is compiled for. */
export const CPU = Symbol('cpu')

export const known = (value: unknown): Value => ({ kind: 'known', value })
export const number = (code: Code): Value => ({ kind: 'computed', code, isBoolean: false })
export const boolean = (code: Code): Value => ({ kind: 'computed', code, isBoolean: true })
export const nothing = (code: Code = []): Value => ({ kind: 'nothing', code })

/** Code that cannot be compiled, and stays JavaScript. */
export class NotCompiled extends Error {}

/** The value as an i32 on the stack. */
export function codeOf(value: Value): Code {
  if (value.kind === 'computed') return value.code
  if (value.kind !== 'known') throw new NotCompiled('a value that is no number')
  if (typeof value.value === 'boolean') return constant(Number(value.value))
  const { value: known } = value
  if (typeof known !== 'number' || !Number.isInteger(known) || known < -(2 ** 31) || known >= 2 ** 32) {
    throw new NotCompiled(`a constant that is not a 32-bit number (${String(known)})`)
  }
  return constant(known)
}

export const isBoolean = (value: Value): boolean =>
  value.kind === 'computed' ? value.isBoolean : value.kind === 'known' && typeof value.value === 'boolean'

/** Describes table elements, or their numbers, as `base + index * step`. */
export function stepsOf(numbers: readonly unknown[]): { readonly base: number; readonly step: number } {
  const [base, next] = numbers as [unknown, unknown]
  if (typeof base !== 'number') throw new NotCompiled('a table of other things than words')
  const step = typeof next === 'number' ? next - base : 0
  if (numbers.some((each, index) => each !== base + index * step)) {
    throw new NotCompiled('a table whose words are not evenly spaced')
  }
  return { base, step }
}
