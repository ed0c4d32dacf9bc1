import { bench as runBench } from '../bench/bench.ts'
import type { Result } from '../bench/result.ts'
import { validate } from '../bench/schema.ts'
import { answersIn, benchReport } from '../report/bench-report.ts'
import { compact, time } from '../report/numbers.ts'
import { benchAb } from './bench-ab.ts'
import { type BenchArgs, benchFlags } from './bench-flags.ts'
import { planOf } from './bench-plan.ts'
import type { Command } from './command.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { layoutsOf } from './layout.ts'
import { listText } from './list.ts'
import { Progress } from './progress.ts'
import { checkWritable, resultPath, saveAtomically } from './save.ts'

export const bench: Command<BenchArgs> = {
  name: 'bench',
  usage: 'bench',
  summary: 'Run a plan: scenarios, variants and loads, measured and compared.',
  flags: benchFlags,

  async run(args, io) {
    if (args.list) {
      io.out(listText())
      return EXIT.fine
    }
    if (args.ab !== undefined) return await benchAb(args.ab, args, io)
    const plan = await planOf(args, io)
    if (args.layout) {
      io.out(layoutsOf(plan))
      return EXIT.fine
    }
    const out = args.out ?? resultPath(plan.name, new Date())
    checkWritable(out)
    const progress = new Progress(io, !args.noProgress && !args.quiet)
    const modelled = { runs: 0, steps: 0, ms: 0 }
    const result = await runBench(
      { ...plan, plan: plan.options, command: io.command, runtime: io.runtime, signal: io.signal },
      {
        progress: (done, total, label) => progress.show(done, total, label),
        speed: (label, steps, ms) => {
          modelled.runs += 1
          modelled.steps += steps
          modelled.ms += ms
          progress.note(speedText(label, steps, ms))
        },
        finished: (sofar) => saveAtomically(out, textOf(validate(sofar))),
      },
    )
    progress.clear()
    io.out(args.json ? textOf(result) : benchReport(result, args))
    if (modelled.runs > 0 && !args.json && !args.quiet) {
      io.out(`\n${speedText(`${modelled.runs} modelled runs`, modelled.steps, modelled.ms)} of this host`)
    }
    if (!args.json && !args.quiet) io.out(`\n${out}`)
    return exitCodeOf(result, io)
  },
}

/** Of this host, and so not in the result file, which is the same everywhere. */
const speedText = (label: string, steps: number, ms: number) =>
  `${label}: ${compact(steps)} steps in ${time(ms * 1e6)}, ${compact((steps / ms) * 1000)} steps/s`

const textOf = (result: Result) => `${JSON.stringify(result, null, 1)}\n`

function exitCodeOf(result: Result, io: Io): ExitCode {
  if (io.signal.aborted) return EXIT.interrupted
  if (result.runs.some(({ error }) => error !== null)) return EXIT.failed
  const isForbidden = result.runs.some(({ outcomes }) => outcomes.some(({ grade }) => grade === 'forbidden'))
  if (isForbidden) return EXIT.regression
  const isUnanswered = answersIn(result).some((answers) => answers.every(({ verdict }) => verdict === 'no-answer'))
  return isUnanswered ? EXIT.incomparable : EXIT.fine
}
