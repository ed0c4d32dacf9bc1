import type { Code } from './encode.ts'
import type { Frame } from './frame.ts'
import { FAIL } from './host.ts'
import {
  COMPARISONS_64,
  call,
  constant,
  EXTEND_32,
  getLocal,
  setLocal,
  teeLocal,
  UNREACHABLE,
  WRAP,
  whenUnlikely,
} from './instructions.ts'
import { isWithin, type Range, SIGNED } from './ranges.ts'
import { number, rangeOf, type Value, wideOf } from './values.ts'
import type { World } from './world.ts'

/** A number that is computed in 64 bits, of which 32 may be enough. */
export function exactly(exact: Code, range: Range, isPure: boolean, frame: Frame, world: World): Value {
  const code = [exact, WRAP]
  if (isWithin(range, SIGNED)) return number(code, isPure, range)
  const whole = { kind: 'computed', code, isBoolean: false, isPure, range, exact } as const
  const scratch = frame.scratch
  const isBeyond = [teeLocal(scratch), EXTEND_32, getLocal(scratch), COMPARISONS_64['!==']]
  const fails = [constant(world.errorOf('RangeError', 'a number is beyond 32 bits')), call(FAIL), UNREACHABLE]
  return { ...whole, checked: [exact, whenUnlikely(isBeyond, fails), getLocal(scratch), WRAP] }
}

type Computed = Value & { readonly kind: 'computed' }

/** A name for a number that may need 64 bits. */
export function namedWide(name: string, value: Value, frame: Frame, world: World): Code {
  const local = frame.newWideLocal()
  const { checked, ...whole } = exactly(getLocal(local), rangeOf(value), true, frame, world) as Computed
  // `x >>> 0` is as often beyond 32 bits with a sign as not: it is no fault of the program, and not compiled.
  const mayBeChecked = value.kind === 'computed' && value.checked !== undefined
  frame.bindValue(name, mayBeChecked ? { ...whole, checked: checked! } : whole)
  return [wideOf(value), setLocal(local)]
}
