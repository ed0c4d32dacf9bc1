import type { BinaryExpression, UnaryExpression } from 'acorn'
import type { Code } from './encode.ts'
import type { Frame } from './frame.ts'
import {
  ARITHMETIC,
  ARITHMETIC_64,
  BITWISE,
  COMPARISONS,
  COMPARISONS_64,
  COMPARISONS_OF_FRACTIONS,
  constant,
  FRACTIONS,
  getLocal,
  IS_ZERO,
  IS_ZERO_64,
  LARGEST,
  SELECT,
  SHIFT_RIGHT_64,
  teeLocal,
  wideConstant,
} from './instructions.ts'
import { always, isWithin, RANGES, type Range, SIGNED } from './ranges.ts'
import {
  bitsOf,
  boolean,
  codeOf,
  fraction,
  fractionOf,
  isBoolean,
  isPure,
  known,
  NotCompiled,
  number,
  rangeOf,
  type Value,
  wideOf,
} from './values.ts'
import { exactly } from './wide.ts'
import type { World } from './world.ts'

// Numbers of JavaScript are doubles, and those here whole numbers of 32 bits. The range of each is known: where 32 bits
// may be too few, 64 are computed, which hold every whole number that a double holds exactly.

export function unary({ operator }: UnaryExpression, value: Value, frame: Frame, world: World): Value {
  if (operator === '!') return value.kind === 'known' ? known(!value.value) : isZero(value)
  if (operator === 'void' && isPure(value)) return known(undefined)
  if (operator === '~') return binary('^', value, known(-1), frame, world)
  if (operator === '-') return binary('-', known(0), value, frame, world)
  throw new NotCompiled(`the operator ${operator}`)
}

function isZero(value: Value): Value {
  const fits = isWithin(rangeOf(value), SIGNED)
  return boolean(fits ? [bitsOf(value), IS_ZERO] : [wideOf(value), IS_ZERO_64], isPure(value))
}

/** Whether it is anything but 0, as an i32. */
export const truthOf = (value: Value): Code =>
  value.kind === 'computed' && !isWithin(value.range, SIGNED) ? [wideOf(value), IS_ZERO_64, IS_ZERO] : codeOf(value)

const isIn = <T extends object>(table: T, name: PropertyKey): name is keyof T => Object.hasOwn(table, name)

export function binary(operator: BinaryExpression['operator'], a: Value, b: Value, frame: Frame, world: World): Value {
  if (a.kind === 'known' && b.kind === 'known')
    return known(FOLD[operator]?.(a.value as number, b.value as number) ?? refuse(operator))
  const pure = isPure(a) && isPure(b)
  if (a.kind === 'fraction' || b.kind === 'fraction') return binaryOfFractions(operator, a, b, pure)
  if (isIn(COMPARISONS, operator)) return compared(operator, a, b, pure)
  if (!isIn(RANGES, operator)) return refuse(operator)
  const range = RANGES[operator](rangeOf(a), rangeOf(b))
  if (isIn(BITWISE, operator)) return number([bitsOf(a), bitsOf(b), BITWISE[operator]], pure, range)
  if (operator === '%') return remainder(a, b, range, frame, world)
  // Beyond, JavaScript rounds.
  if (!isWithin(range, EXACT)) return refuse(operator)
  if (isWithin(range, SIGNED)) return number([bitsOf(a), bitsOf(b), ARITHMETIC[operator]], pure, range)
  return exactly([wideOf(a), wideOf(b), ARITHMETIC_64[operator]], range, pure, frame, world)
}

function binaryOfFractions(operator: string, a: Value, b: Value, pure: boolean): Value {
  const both = [fractionOf(a), fractionOf(b)]
  if (isIn(COMPARISONS_OF_FRACTIONS, operator)) return boolean([both, COMPARISONS_OF_FRACTIONS[operator]], pure)
  return isIn(FRACTIONS, operator) ? fraction([both, FRACTIONS[operator]], pure) : refuse(operator)
}

/** `Math.max(a, b)`, or `min`. */
export function larger(which: keyof typeof LARGEST, a: Value, b: Value, frame: Frame, world: World): Value {
  if (a.kind === 'known' && b.kind === 'known') return known(Math[which](a.value as number, b.value as number))
  const pure = isPure(a) && isPure(b)
  if (a.kind === 'fraction' || b.kind === 'fraction')
    return fraction([fractionOf(a), fractionOf(b), LARGEST[which]], pure)
  const ranges = [rangeOf(a), rangeOf(b)]
  const range = {
    least: Math[which](...ranges.map(({ least }) => least)),
    most: Math[which](...ranges.map(({ most }) => most)),
  }
  const isNarrow = ranges.every((each) => isWithin(each, SIGNED))
  const [first, second] = isNarrow ? [frame.newLocal(), frame.newLocal()] : [frame.newWideLocal(), frame.newWideLocal()]
  const [of, comparisons] = isNarrow ? [bitsOf, COMPARISONS] : [wideOf, COMPARISONS_64]
  const values = [of(a), teeLocal(first), of(b), teeLocal(second)]
  const code = [values, getLocal(first), getLocal(second), comparisons[which === 'max' ? '>' : '<'], SELECT]
  return isNarrow ? number(code, pure, range) : exactly(code, range, pure, frame, world)
}

const EXACT: Range = { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER }

/** By zero, which is NaN in JavaScript, it ends the program. */
function remainder(a: Value, b: Value, range: Range, frame: Frame, world: World): Value {
  const fits = [a, b].every((each) => isWithin(rangeOf(each), SIGNED))
  if (fits) return number([bitsOf(a), bitsOf(b), ARITHMETIC['%']], false, range)
  return exactly([wideOf(a), wideOf(b), ARITHMETIC_64['%']], range, false, frame, world)
}

/** `Math.floor(a / 2 ** bits)` */
export function quotient(a: Value, bits: number, frame: Frame, world: World): Value {
  const { least, most } = rangeOf(a)
  const range = { least: Math.floor(least / 2 ** bits), most: Math.floor(most / 2 ** bits) }
  if (isWithin({ least, most }, SIGNED)) return number([bitsOf(a), constant(bits), BITWISE['>>']], isPure(a), range)
  return exactly([wideOf(a), wideConstant(bits), SHIFT_RIGHT_64], range, isPure(a), frame, world)
}

function compared(operator: keyof typeof COMPARISONS, a: Value, b: Value, pure: boolean): Value {
  if (isBoolean(a) !== isBoolean(b)) refuse(`${operator} of a number and a boolean`)
  const [first, second] = [rangeOf(a), rangeOf(b)]
  const result = always(operator, first, second)
  if (result !== undefined && pure) return known(result)
  if ([first, second].every((range) => isWithin(range, SIGNED)))
    return boolean([bitsOf(a), bitsOf(b), COMPARISONS[operator]], pure)
  return boolean([wideOf(a), wideOf(b), COMPARISONS_64[operator]], pure)
}

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
