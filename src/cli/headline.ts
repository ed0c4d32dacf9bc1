import type { BenchArgs } from './bench-args.ts'

/** No specific request: the headline pair of every scenario. */
export const isHeadline = ({ scenario, variant, kernel, trace }: BenchArgs): boolean =>
  [scenario, variant, kernel, trace].every((flag) => flag === undefined)

/** The machine on which the headline questions are modelled, in addition to the measurement. */
export const HEADLINE_MACHINE = 'altra-64'

/** Neither a time limit nor a machine was given: then the same questions go to a modelled machine, too. */
export const isOnBothMachines = (args: BenchArgs): boolean =>
  isHeadline(args) &&
  isAsRecorded(args) &&
  [args.machine, args.duration, args.warmup].every((flag) => flag === undefined)

/** Each of these flags asks for another load than the recorded one, or for less time than it takes. */
export const isAsRecorded = ({ vcpus, notifiers, zappers, set, rate, timeBudget, quick }: BenchArgs) =>
  [vcpus, notifiers, zappers, set, rate, timeBudget].every((flag) => flag === undefined) && !quick
