import type { Replay } from '../../bench/plan.ts'
import type { Crew } from '../../bench/scenario.ts'
import { FaultlineError } from '../../errors/faultline-error.ts'
import type { BenchArgs } from '../bench-args.ts'
import { integers } from '../flags.ts'
import { checkPoints } from '../plan-size.ts'

const MOST_CPUS = 1024

type CrewDefaults = { readonly [R in keyof Crew]?: string | number }

export function crewsOf(args: BenchArgs, defaults: CrewDefaults, replay: Replay | null): Crew[] {
  if (replay !== null) {
    const { accesses, invalidations } = replay.recording
    const given = [args.vcpus, args.notifiers, args.zappers].some((flag) => flag !== undefined)
    if (given) {
      throw new FaultlineError('CREW_OF_RECORDING', 'usage', 'a recording brings its own vCPUs and notifiers', {
        hint: 'Leave --vcpus, --notifiers and --zappers out with --trace.',
      })
    }
    return [{ vcpus: accesses.length, notifiers: invalidations.length, zappers: 0 }]
  }
  const asked = (role: keyof Crew, low: number) =>
    integers(role, args[role] ?? String(defaults[role] ?? 0), low, MOST_CPUS)
  const vcpus = asked('vcpus', 1)
  const notifiers = asked('notifiers', 0)
  const zappers = asked('zappers', 0)
  checkPoints(vcpus, notifiers, zappers)
  return vcpus.flatMap((v) => notifiers.flatMap((n) => zappers.map((z) => ({ vcpus: v, notifiers: n, zappers: z }))))
}
