import { MOST_NUMBERS } from './call-back.ts'
import type { WasmImport } from './encode.ts'

type HostFunction = WasmImport & { readonly isBoolean?: boolean }

const host = (name: string, params: number, hasResult = false, isBoolean = false, fractions = 0): HostFunction => ({
  name,
  params,
  fractions,
  hasResult,
  isBoolean,
})

/**
 * Calls from compiled code to the CPU: waits after polling, sleepers, and everything that is not an access to a shared
 * word. Words are given by their index.
 */
export const HOST_FUNCTIONS: readonly HostFunction[] = [
  host('wake', 1),
  host('untilEqual', 2),
  host('untilClear', 2, true),
  host('park', 2),
  host('unpark', 2),
  host('pause', 0),
  host('work', 1, false, false, 1),
  host('broadcast', 2),
  host('running', 0, true, true),
  host('signalPending', 0, true, true),
  host('count', 2),
  host('countHighest', 2),
  host('violation', 2),
  host('contentionBegin', 2),
  host('contentionEnd', 2),
  host('acquired', 2),
  host('releasing', 2),
  host('fail', 1),
  host('callBack', 1 + MOST_NUMBERS),
  { name: 'now', params: 0, hasResult: true, givesFraction: true },
  host('record', 1, false, false, 1),
  host('untilTime', 0, false, false, 1),
]

export function hostFunction(name: string): (HostFunction & { readonly index: number }) | undefined {
  const index = HOST_FUNCTIONS.findIndex((each) => each.name === name)
  return index < 0 ? undefined : { ...HOST_FUNCTIONS[index]!, index }
}

/** Throws the error of a number: see CompiledLocks. */
export const FAIL = HOST_FUNCTIONS.findIndex(({ name }) => name === 'fail')
/** Calls a function in JavaScript: see CallBack. */
export const CALL_BACK = HOST_FUNCTIONS.findIndex(({ name }) => name === 'callBack')
export const WAKE = HOST_FUNCTIONS.findIndex(({ name }) => name === 'wake')
