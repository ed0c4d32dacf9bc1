import type { Replay } from '../../bench/plan.ts'
import type { Scenario } from '../../bench/scenario.ts'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { parseSpeed } from '../../replay/speed.ts'
import type { BenchArgs } from '../bench-args.ts'
import type { Io } from '../io.ts'
import { tickRate, vmChoice } from '../vm-flags.ts'
import { timelineEventsOf } from './options.ts'

const filesIn = (words: string | undefined) => words?.split(',').map((file) => file.trim()) ?? []

const timesWithoutTrace = () =>
  new FaultlineError(
    'TIMES_WITHOUT_TRACE',
    'usage',
    '--times names recordings to take times from, but no recording is replayed',
    {
      hint: 'Add --trace FILE.',
    },
  )

export async function replayOf(
  { trace, memslots, times, speed, ...flags }: BenchArgs,
  scenarios: readonly Scenario[],
  io: Io,
): Promise<Replay | null> {
  parseSpeed(speed)
  if (memslots === '-') {
    throw new FaultlineError('MEMSLOTS_OF_STDIN', 'usage', '--memslots is read from a file, not from standard input', {
      hint: 'Write it to a file, or give gfn:hva:pages.',
    })
  }
  if (trace === undefined) {
    if (times !== undefined) throw timesWithoutTrace()
    if (memslots === undefined) return null
    throw new FaultlineError(
      'MEMSLOTS_WITHOUT_TRACE',
      'usage',
      '--memslots describes the memory of a recording, but no recording is given',
      {
        hint: 'Add --trace FILE.',
      },
    )
  }
  const other = scenarios.find(({ kind }) => kind !== 'vm')
  if (other === undefined) {
    const { readReplay } = await import('../replay.ts')
    return await readReplay(
      {
        trace,
        memslots,
        times: filesIn(times),
        speed,
        choice: vmChoice(flags),
        ...tickRate(flags),
        timelineEvents: timelineEventsOf(flags),
      },
      io,
    )
  }
  throw new FaultlineError('TRACE_OF_PRIMITIVES', 'usage', `${other.name} has no vCPUs that could play a recording`, {
    hint: 'Use --trace with -s precheck.',
  })
}
