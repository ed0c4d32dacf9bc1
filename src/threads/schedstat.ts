import { readFileSync } from 'node:fs'
import type { Schedstat } from '../workers/run-result.ts'

/** The statistics of the calling thread since it began; zeros where the host keeps no such statistics. */
export function readSchedstat(): Schedstat {
  try {
    const [runNs, waitNs, slices] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ').map(Number)
    return { runNs: runNs ?? 0, waitNs: waitNs ?? 0, slices: slices ?? 0 }
  } catch {
    return { runNs: 0, waitNs: 0, slices: 0 }
  }
}

export function schedstatSince(begin: Schedstat): Schedstat {
  const end = readSchedstat()
  return {
    runNs: end.runNs - begin.runNs,
    waitNs: end.waitNs - begin.waitNs,
    slices: end.slices - begin.slices,
  }
}
