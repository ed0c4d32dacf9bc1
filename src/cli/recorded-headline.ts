import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Effort, Group } from '../bench/plan.ts'
import precheck from '../bench/scenarios/precheck.ts'
import type { BenchArgs } from './bench-args.ts'
import { namesIn } from './flags.ts'
import { isAsRecorded, isHeadline } from './headline.ts'
import type { Io } from './io.ts'
import { type Machines, RECORDED_HOST, type Target, targetsOf } from './machines.ts'
import { groupsOf } from './plan/groups.ts'

/** A recording takes the time that it takes, so it is played less often than synthetic load. */
const EFFORT: Effort = { trials: 3, latencyTrials: 3, aaTrials: 0 }

/** Among the machines of a plan without questions this one plays the recording, and nothing else. */
export const isForRecording = (args: BenchArgs, target: Target): boolean =>
  isHeadline(args) && target.kind === 'model' && target.word === RECORDED_HOST

/** The answer comes from the predictive machine; threads, which do not predict, play the recording only with --all or on request. */
function playersOf({ machine, all }: BenchArgs): readonly string[] {
  if (machine === undefined) return all ? [RECORDED_HOST, 'threads'] : [RECORDED_HOST]
  return namesIn(machine).filter((word) => word === RECORDED_HOST || word === 'threads')
}

/** The headline question asked again of a recording of a real kernel, which comes with the package. */
export async function recordedHeadline(args: BenchArgs, io: Io, machines: Machines): Promise<Group[]> {
  const players = playersOf(args)
  if (!isAsRecorded(args) || players.length === 0) return []
  const trace = packaged('numa.trace.gz')
  const { readReplay } = await import('./replay.ts')
  const replay = await readReplay({ trace, memslots: packaged('numa.json'), speed: '1' }, io)
  return targetsOf(players.join(), {}, machines).flatMap((target) =>
    groupsOf({ ...args, trace }, precheck, precheck.headline, target, {}, replay).map((group) =>
      target.kind === 'threads' ? { ...group, effort: EFFORT } : group,
    ),
  )
}

const packaged = (file: string) =>
  relative(process.cwd(), fileURLToPath(new URL(`../../traces/${file}`, import.meta.url)))
