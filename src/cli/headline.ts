import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Effort, type Group, groupOf } from '../bench/plan.ts'
import precheck from '../bench/scenarios/precheck.ts'
import type { BenchArgs } from './bench-flags.ts'
import type { Io } from './io.ts'
import { readReplay } from './replay.ts'

/** A recording takes the time that it takes, so it is played less often than synthetic load. */
const EFFORT: Effort = { trials: 3, latencyTrials: 3, aaTrials: 0 }

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
const isAsRecorded = ({ vcpus, notifiers, zappers, set, rate, timeBudget, quick }: BenchArgs) =>
  [vcpus, notifiers, zappers, set, rate, timeBudget].every((flag) => flag === undefined) && !quick

/** The headline question asked again of a recording of a real kernel, which comes with the package. */
export async function recordedHeadline(args: BenchArgs, io: Io): Promise<Group[]> {
  if (!isAsRecorded(args) || args.machine?.split(',').includes('threads') === false) return []
  const replay = await readReplay({ trace: packaged('numa.trace.gz'), memslots: packaged('numa.json'), speed: '1' }, io)
  const { accesses, invalidations } = replay.recording
  const crew = { vcpus: accesses.length, notifiers: invalidations.length, zappers: 0 }
  return [{ ...groupOf(precheck, precheck.headline, crew, {}, replay), effort: EFFORT }]
}

const packaged = (file: string) =>
  relative(process.cwd(), fileURLToPath(new URL(`../../traces/${file}`, import.meta.url)))
