import type { Check } from '../checker/check.ts'
import { type Replayed, replaySchedule } from '../checker/replay-schedule.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { shellWord } from '../errors/shell-word.ts'
import { fit } from '../report/fit.ts'
import type { CheckArgs } from './check-flags.ts'
import { checkOutput, save } from './files/output.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { replayOnModel } from './replay-on-model.ts'

/** Takes the steps of a schedule again, and shows them. */
export function checkReplay(checks: readonly Check[], args: CheckArgs, text: string, io: Io): ExitCode {
  const { variant, configuration, memory, out } = args
  if (out !== undefined) {
    throw new FaultlineError('OUT_OF_REPLAY', 'usage', '--out does not apply to --replay, whose result is text', {
      hint: 'Leave it out, or write the schedule with --chrome-trace FILE.',
    })
  }
  if (checks.length !== 1 || variant === undefined) {
    throw new FaultlineError(
      'REPLAY_OF_WHAT',
      'usage',
      'a schedule contains the order of the CPUs, not the check that it belongs to',
      {
        hint: 'Give the check and --variant too, as in the command at the end of a witness.',
      },
    )
  }
  const where = configuration ?? checks[0]!.configurations[0]!.name
  const played = replaySchedule(checks[0]!, variant, where, text, memory)
  if (typeof played === 'string') {
    throw new FaultlineError('SCHEDULE_REFUSED', 'usage', played, {
      hint: `Explore it again: faultline check ${checks[0]!.name} --variant ${shellWord(variant)}.`,
    })
  }
  io.out(fit(played.text, io.columns))
  if (played.memoryModel === 'sc') onModel(played, args, io)
  else if (args.chromeTrace !== undefined) throw notModelled(played.memoryModel)
  return played.findings.length === 0 ? EXIT.fine : EXIT.regression
}

/** Runs the same steps in virtual time: its counters, and a timeline if requested. */
function onModel(played: Replayed, { chromeTrace, force }: CheckArgs, io: Io): void {
  const output = { path: chromeTrace ?? '', kind: 'export', force, flag: '--chrome-trace' } as const
  if (chromeTrace !== undefined) checkOutput(output)
  const { counters, agrees, trace } = replayOnModel(played)
  if (!agrees) throw new Error('the model took the same steps and got a different result')
  const counted = Object.entries(counters).map(([name, count]) => `${name} ${count}`)
  io.out(`\ncounted, here and on the model: ${counted.join(', ') || 'nothing'}`)
  if (chromeTrace !== undefined) save(output, trace)
}

const notModelled = (memory: string) =>
  new FaultlineError(
    'TRACE_OF_SC',
    'usage',
    `--chrome-trace runs the schedule on the model, which does not support ${memory} memory`,
    {
      hint: 'Leave it out, or give a schedule of sequentially consistent memory.',
    },
  )
