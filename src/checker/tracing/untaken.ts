import { refuse, userCode } from '../user-code.ts'
import { YIELD_STAR } from '../yield-star.ts'

/** Refuses the return value of a call if it is steps that are not taken. `call`: its text, and its place. */
export function untaken<T>(value: T, call: string): T {
  const isSteps = Object.prototype.toString.call(value) === '[object Generator]'
  const caller = userCode()
  if (isSteps && caller !== undefined) refuse(`${caller} calls ${call}, but takes none of its steps`, YIELD_STAR)
  return value
}
