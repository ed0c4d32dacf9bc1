import { mergeBase } from '../bench/ab/checkout.ts'
import { doesFail } from '../bench/comparing/fails.ts'
import { failuresOf } from '../bench/gate/failures.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { compareComment, compareMarkdown, compareText } from '../report/compare-text.ts'
import { failureText } from '../report/gate-text.ts'
import { junitText, type Suite } from '../report/junit-xml.ts'
import { sequentialText } from '../report/sequential-text.ts'
import { PLAIN } from '../report/tones.ts'
import { comparisonOf } from './ab-measure.ts'
import { withoutResult } from './bench-ab.ts'
import type { Command } from './command.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { checkExact, update } from './regress-exact.ts'
import type { RegressArgs } from './regress-flags.ts'
import { measuredSuite } from './regress-junit.ts'
import { measureAgainst } from './regress-measured.ts'
import { styleOf } from './terminal.ts'

const TEXTS: Readonly<Record<RegressArgs['format'], typeof compareText>> = {
  junit: compareText,
  table: compareText,
  markdown: compareMarkdown,
  comment: compareComment,
}

export const regress: Command<RegressArgs> = async (args, io) => {
  if (args.skipExact && args.against === undefined) {
    throw new FaultlineError('EMPTY_GATE', 'usage', 'a gate that checks nothing would always pass', {
      hint: 'Add --against REF, or leave --skip-exact out.',
    })
  }
  // One document for both tiers, so it is printed when they are done.
  const suites: Suite[] | undefined = args.format === 'junit' && !args.update ? [] : undefined
  const exact = args.skipExact ? EXIT.fine : args.update ? await update(args, io) : await checkExact(args, io, suites)
  const measured =
    io.signal.aborted || args.against === undefined ? exact : await checkMeasured(args.against, args, io, suites)
  if (suites !== undefined && suites.length > 0) io.out(junitText(suites).trimEnd())
  if (io.signal.aborted) return EXIT.interrupted
  return exact === EXIT.fine ? measured : exact
}

/** Reports measured differences as advice, unless the gate includes them: then a resolved loss fails it. */
async function checkMeasured(ref: string, args: RegressArgs, given: Io, suites?: Suite[]): Promise<ExitCode> {
  const io = suites === undefined ? given : { ...given, out: () => {} }
  const base = await mergeBase(ref)
  const { result, isTooShort } = await measureAgainst(base, args, io)
  if (result === undefined) {
    suites?.push(measuredSuite(ref, 'nothing was measured', [], undefined, true))
    return withoutResult(io)
  }
  const comparison = comparisonOf(result)
  const failures = failuresOf(result, ({ revision }) => revision?.side === 'head')
  if (failures.length > 0) io.out(`${failures.map(failureText).join('\n')}\n`)
  io.out(TEXTS[args.format](comparison, [], styleOf(io)))
  if (result.sequential !== undefined) io.out(`\n${sequentialText(result.sequential)}`)
  const isWorse = doesFail(comparison, 0)
  const worse = isWorse && args.gate === 'all' ? 'a measured figure is worse' : undefined
  const isNothing = isTooShort || comparison.changes.length === 0
  suites?.push(measuredSuite(ref, compareText(comparison, [], PLAIN), failures, worse, isNothing))
  if (io.signal.aborted) return EXIT.interrupted
  if (result.runs.some(({ error }) => error !== null)) return EXIT.failed
  const isForbidden = failures.some(({ kind }) => kind === 'forbidden')
  if (!isForbidden && isNothing) return EXIT.incomparable
  if (isWorse && args.gate !== 'all') io.out('\nThis is advice: measured figures fail the gate with --gate all only.')
  return isForbidden || (isWorse && args.gate === 'all') ? EXIT.regression : EXIT.fine
}
