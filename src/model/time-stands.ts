import { ModelFailed, TIME_STANDS } from '../errors/faultline-error.ts'

/** So many events, or operations of one CPU, at one moment of virtual time: nothing that happens takes time, so the run would not end. */
export const MOST_AT_ONE_MOMENT = 1_000_000

/** `ps`: the moment. */
export const timeStands = (ps: number, what: 'operations of a CPU' | 'events'): ModelFailed =>
  new ModelFailed(
    TIME_STANDS,
    `virtual time stands still at ${ps / 1000} ns: ${MOST_AT_ONE_MOMENT} ${what} in a row took no time, so the run would not end`,
  )
