import { Refused } from './refused.ts'

/** The code that runs at the moment and is not the checker's: an actor, a setup, an oracle. There is only one at a time. */
let what = ''
let sinceMs = 0
let refusal: Refused | undefined

let isRunning = false

/** Runs code that is not ours. What it was refused while it ran is thrown, even if it caught that itself. */
export function asUser<T>(name: string, run: () => T): T {
  const outer = isRunning ? what : undefined
  if (outer === undefined) refusal = undefined
  isRunning = false
  sinceMs = performance.now()
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

/** Whether code that is not ours runs, and which. */
export const userCode = (): string | undefined => (isRunning ? what : undefined)

/** How long the code has run that ran last, and which; it was ended from outside. */
export function endUserCode(): { readonly name: string; readonly forMs: number } | undefined {
  const wasRunning = isRunning
  // First, since the clock is refused while it is.
  isRunning = false
  return wasRunning ? { name: what, forMs: performance.now() - sinceMs } : undefined
}

/** Refuses what the running code does. */
export function refuse(says: string, hint: string): never {
  refusal ??= new Refused(says, hint)
  throw refusal
}

function throwRefusal(error: Refused): never {
  refusal = undefined
  throw error
}
