import type { BinaryExpression, UnaryExpression } from 'acorn'
import type { Code } from './encode.ts'
import {
  ARITHMETIC,
  BITWISE,
  COMPARISONS,
  COMPARISONS_64,
  IS_ZERO,
  MULTIPLY,
  REMAINDER,
  WITH_SIGN,
  WITHOUT_SIGN,
} from './instructions.ts'
import { bitsOf, boolean, codeOf, isBoolean, isPure, known, NotCompiled, number, type Value } from './values.ts'

export function unary({ operator }: UnaryExpression, value: Value): Value {
  if (operator === '!')
    return value.kind === 'known' ? known(!value.value) : boolean([...codeOf(value), ...IS_ZERO], isPure(value))
  if (operator === 'void' && isPure(value)) return known(undefined)
  if (operator === '~') return binary('^', value, known(-1))
  if (operator === '-') return binary('-', known(0), value)
  throw new NotCompiled(`the operator ${operator}`)
}

const isIn = <T extends object>(table: T, name: PropertyKey): name is keyof T => name in table

/** Numbers are of 32 bits, as all that memory holds: a sum that is greater wraps where JavaScript's does when it is stored. */
export function binary(operator: BinaryExpression['operator'], a: Value, b: Value): Value {
  if (a.kind === 'known' && b.kind === 'known')
    return known(FOLD[operator]?.(a.value as number, b.value as number) ?? refuse(operator))
  const pure = isPure(a) && isPure(b)
  // The result is signed only if bits have been shifted in.
  if (operator === '>>>' && !(b.kind === 'known' && ((b.value as number) & 31) !== 0)) {
    const code = [...bitsOf(a), ...bitsOf(b), BITWISE['>>>']]
    return { kind: 'computed', code, isBoolean: false, isPure: pure, isUnsigned: true }
  }
  if (isIn(BITWISE, operator)) return number([...bitsOf(a), ...bitsOf(b), BITWISE[operator]], pure)
  if (isIn(COMPARISONS, operator)) {
    if (isBoolean(a) !== isBoolean(b)) refuse(`${operator} of a number and a boolean`)
    const always = ofAny(operator, a, b)
    if (always !== undefined && pure) return known(always)
    if (isUnsigned(a) || isUnsigned(b)) return boolean([...wide(a), ...wide(b), ...COMPARISONS_64[operator]], pure)
    return boolean([...codeOf(a), ...codeOf(b), COMPARISONS[operator]], pure)
  }
  if (isIn(ARITHMETIC, operator)) return number([...bitsOf(a), ...bitsOf(b), ARITHMETIC[operator]], pure)
  if (operator === '*' && [a, b].some(isSmall)) return number([...codeOf(a), ...codeOf(b), MULTIPLY], pure)
  // By zero, which is NaN in JavaScript, it ends the program.
  if (operator === '%') return number([...codeOf(a), ...codeOf(b), REMAINDER])
  return refuse(operator)
}

/** The result of a comparison with a number that is beyond 32 bits; undefined: it is not. */
function ofAny(operator: keyof typeof COMPARISONS, a: Value, b: Value): boolean | undefined {
  const isBeyond = ({ kind, value }: { kind: string; value?: unknown }) =>
    kind === 'known' &&
    typeof value === 'number' &&
    (value < -(2 ** 31) || value >= (isUnsigned(a) || isUnsigned(b) ? 2 ** 32 : 2 ** 31))
  if (isBeyond(b)) return FOLD[operator]!(0, (b as { value: number }).value) as boolean
  return isBeyond(a) ? (FOLD[operator]!((a as { value: number }).value, 0) as boolean) : undefined
}

const isUnsigned = (value: Value): boolean => value.kind === 'computed' && value.isUnsigned === true

/** The number in 64 bits. */
const wide = (value: Value): Code =>
  isUnsigned(value) || (value.kind === 'known' && (value.value as number) >= 2 ** 31)
    ? [...bitsOf(value), ...WITHOUT_SIGN]
    : [...codeOf(value), ...WITH_SIGN]

/** With such a factor JavaScript's product of numbers of 32 bits is exact, so that it wraps to the same. */
const isSmall = (value: Value) => value.kind === 'known' && Math.abs(value.value as number) <= 2 ** 20

const FOLD: Partial<Record<string, (a: number, b: number) => unknown>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '%': (a, b) => a % b,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
  '>>>': (a, b) => a >>> b,
  '===': (a, b) => a === b,
  '!==': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
}

export function refuse(operator: string): never {
  throw new NotCompiled(`the operator ${operator}`)
}
