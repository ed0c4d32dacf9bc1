import { Script } from 'node:vm'
import { Refused } from './refused.ts'
import { endUserCode } from './user-code.ts'

/** A step of an actor that takes so long does not end. */
const LONGEST_STEP_MS = 1000
/** The bound of a slice of work, which is a few hundredths of a second unless the host is busy with something else. */
const FIRST_SLICE_MS = 2000
const LAST_SLICE_MS = 600_000
const ONCE_SLICE_MS = 60_000

const SYMBOL = Symbol.for('faultline.watched')
const script = new Script("globalThis[Symbol.for('faultline.watched')]()")

/** Runs a slice of work, and ends it if it hangs. */
export type Watch = <T>(slice: () => T) => T

/** A slice took longer than it was given, although no step of it did. */
class TooSlow extends Error {}

/**
 * Does work in slices that cannot hang: Node ends a script from outside when its time is up. If the cause was a slow
 * host and not an endless step, everything runs once more, with more time for each slice.
 */
export function watched<T>(work: (watch: Watch) => T): T {
  for (let sliceMs = FIRST_SLICE_MS; ; sliceMs *= 4) {
    try {
      return work((slice) => endWithin(sliceMs, slice))
    } catch (error) {
      if (!(error instanceof TooSlow) || sliceMs > LAST_SLICE_MS) throw error
    }
  }
}

/** The same, where it cannot be done once more: with all the time that a slice may take on a slow host. */
export const watchedOnce = <T>(work: (watch: Watch) => T): T => work((slice) => endWithin(ONCE_SLICE_MS, slice))

function endWithin<T>(timeout: number, slice: () => T): T {
  const outer: unknown = Reflect.get(globalThis, SYMBOL)
  Reflect.set(globalThis, SYMBOL, slice)
  try {
    return script.runInThisContext({ timeout }) as T
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    const running = endUserCode()
    if (running === undefined || running.forMs < LONGEST_STEP_MS) throw new TooSlow()
    throw new Refused(
      `${running.name} ran for over a second without taking a step`,
      'A loop in it never ends, or never reaches a `yield*`: each access to shared memory is a step, `yield* cpu.load(word)`.',
    )
  } finally {
    Reflect.set(globalThis, SYMBOL, outer)
  }
}
