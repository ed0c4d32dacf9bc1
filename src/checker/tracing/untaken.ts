import { refuse, userCode } from '../user-code.ts'
import { YIELD_STAR } from '../yield-star.ts'

/** What a call returned of which no steps are taken: refused if there are any. `call`: its text, and where it stands. */
export function untaken<T>(value: T, call: string): T {
  const isSteps = Object.prototype.toString.call(value) === '[object Generator]'
  const caller = userCode()
  if (isSteps && caller !== undefined) refuse(`${caller} calls ${call}, and takes none of its steps`, YIELD_STAR)
  return value
}
