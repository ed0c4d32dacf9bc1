import { Refused } from './refused.ts'

/** The code that runs at the moment and is not the checker's: an actor, a setup, an oracle. There is only one at a time. */
let what = ''
let sinceMs = 0
let refusal: Refused | undefined

let isRunning = false

/** The clock itself: `performance.now` is guarded while actors run, which makes each reading slower. */
const nowMs = performance.now.bind(performance)

/** Runs user code. If a forbidden call was refused in it, throws, even if the code caught that itself. */
export function asUser<T>(name: string, run: () => T): T {
  const outer = isRunning ? what : undefined
  if (outer === undefined) refusal = undefined
  isRunning = false
  sinceMs = nowMs()
  what = name
  isRunning = true
  try {
    return run()
  } finally {
    isRunning = outer !== undefined
    what = outer ?? what
    if (refusal !== undefined && outer === undefined) throwRefusal(refusal)
  }
}

/** The name of the user code that is running, if any. */
export const userCode = (): string | undefined => (isRunning ? what : undefined)

/** The name and duration of the user code that ran last; it was ended from outside. */
export function endUserCode(): { readonly name: string; readonly forMs: number } | undefined {
  const wasRunning = isRunning
  // First, since the clock is refused while it is.
  isRunning = false
  return wasRunning ? { name: what, forMs: nowMs() - sinceMs } : undefined
}

/** Refuses a call of the running user code. */
export function refuse(says: string, hint: string): never {
  refusal ??= new Refused(says, hint)
  throw refusal
}

function throwRefusal(error: Refused): never {
  refusal = undefined
  throw error
}
