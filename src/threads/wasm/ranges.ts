/** The least and the most that a whole number may be. */
export type Range = { readonly least: number; readonly most: number }

export const SIGNED: Range = { least: -(2 ** 31), most: 2 ** 31 - 1 }
export const UNSIGNED: Range = { least: 0, most: 2 ** 32 - 1 }
export const BIT: Range = { least: 0, most: 1 }

/** All numbers of the range are among those of the other. */
export const isWithin = ({ least, most }: Range, other: Range): boolean => least >= other.least && most <= other.most

const hull = (...numbers: readonly number[]): Range => ({ least: Math.min(...numbers), most: Math.max(...numbers) })

/** The range of any of several. */
export const anyOf = (...ranges: readonly Range[]): Range => hull(...ranges.flatMap(({ least, most }) => [least, most]))

/** Of a number whose code has been checked to fit. */
export const checkedRange = ({ least, most }: Range): Range => ({
  least: Math.max(least, SIGNED.least),
  most: Math.min(most, SIGNED.most),
})

type Of = (a: Range, b: Range) => Range

const sumOf: Of = (a, b) => ({ least: a.least + b.least, most: a.most + b.most })
const differenceOf: Of = (a, b) => ({ least: a.least - b.most, most: a.most - b.least })
const productOf: Of = (a, b) => hull(a.least * b.least, a.least * b.most, a.most * b.least, a.most * b.most)

/** The sign is that of the first. */
const remainderOf: Of = (a, b) => {
  const most = Math.max(Math.abs(b.least), Math.abs(b.most)) - 1
  return { least: a.least < 0 ? Math.max(a.least, -most) : 0, most: a.most > 0 ? Math.min(a.most, most) : 0 }
}

/** Of numbers with or without a sign: JavaScript takes 32 bits with a sign of each. */
const withSign = (range: Range): Range => (isWithin(range, SIGNED) ? range : SIGNED)

const andOf: Of = (a, b) => {
  const mosts = [a, b].map(withSign).flatMap(({ least, most }) => (least >= 0 ? [most] : []))
  return mosts.length === 0 ? SIGNED : { least: 0, most: Math.min(...mosts) }
}

/** Neither has bits above the highest of the other that has more. */
const orOf: Of = (a, b) => {
  const [first, second] = [withSign(a), withSign(b)]
  if (first.least < 0 || second.least < 0) return SIGNED
  return { least: 0, most: 2 ** (32 - Math.clz32(first.most | second.most)) - 1 }
}

const shiftOf = ({ least, most }: Range): number | undefined => (least === most ? least & 31 : undefined)

const shiftedLeftOf: Of = (a, b) => {
  const shift = shiftOf(b)
  const range = withSign(a)
  if (shift === undefined) return SIGNED
  const shifted = { least: range.least * 2 ** shift, most: range.most * 2 ** shift }
  return isWithin(shifted, SIGNED) ? shifted : SIGNED
}

const shiftedRightOf: Of = (a, b) => {
  const shift = shiftOf(b)
  const range = withSign(a)
  return shift === undefined ? anyOf(range, BIT) : { least: range.least >> shift, most: range.most >> shift }
}

const shiftedRightWithoutSignOf: Of = (a, b) => {
  const range = withSign(a)
  if (range.least >= 0) return shiftedRightOf(range, b)
  const shift = shiftOf(b) ?? 0
  return { least: 0, most: 2 ** (32 - shift) - 1 }
}

/** What JavaScript's operators give, by the ranges of their operands. */
export const RANGES = {
  '+': sumOf,
  '-': differenceOf,
  '*': productOf,
  '%': remainderOf,
  '&': andOf,
  '|': orOf,
  '^': orOf,
  '<<': shiftedLeftOf,
  '>>': shiftedRightOf,
  '>>>': shiftedRightWithoutSignOf,
} as const satisfies Record<string, Of>

/** What a comparison always gives; undefined: it depends. */
export function always(operator: string, a: Range, b: Range): boolean | undefined {
  const [isLess, isMore] = [a.most < b.least, a.least > b.most]
  if (operator === '===') return isLess || isMore ? false : undefined
  if (operator === '!==') return isLess || isMore ? true : undefined
  if (operator === '<') return isLess ? true : a.least >= b.most ? false : undefined
  if (operator === '>') return isMore ? true : a.most <= b.least ? false : undefined
  if (operator === '<=') return isMore ? false : a.most <= b.least ? true : undefined
  return isLess ? false : a.least >= b.most ? true : undefined
}
