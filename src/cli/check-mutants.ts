import type { Check } from '../checker/check.ts'
import { MEMORY_MODELS } from '../checker/memory/model.ts'
import type { Surveyed } from '../checker/mutants/engines.ts'
import type { Mutation } from '../checker/mutants/mutations.ts'
import { mutationsIn, mutationsOfPatch, scoreMutants, survey } from '../checker/mutants/score.ts'
import { scoreLine, scoreText, unexplained } from '../checker/mutants/score-text.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { budgetSignal } from './check-budget.ts'
import { foundAt, foundJson, saveFound } from './check-file.ts'
import type { CheckArgs } from './check-flags.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { Progress } from './progress.ts'

/** States of configurations in which a mutant is explored in a second or two. */
const QUICK_STATES = 60_000

type Asked = Omit<CheckArgs, 'threads'> & { readonly threads: number }

/** Scores the oracles: for each check the upstream variant, which is its first, or the requested one. */
export async function checkMutants(checks: readonly Check[], asked: Asked, io: Io): Promise<ExitCode> {
  const { variant, configuration, threads, json, quiet, memory } = asked
  const file = foundAt(asked)
  const budget = budgetSignal(asked, io)
  const signal = AbortSignal.any([io.signal, budget])
  const models = memory === undefined ? MEMORY_MODELS : [memory]
  const progress = new Progress(io, asked.progress && !json && !quiet)
  const places = models.flatMap((model) => checks.map((one) => ({ one, model })))
  const surveyed: Surveyed[] = []
  for (const [done, { one, model }] of places.entries()) {
    progress.show(done, places.length, `${one.name} as it is, with ${model} memory`)
    const name = variant ?? one.variants[0]!.name
    surveyed.push(...(await survey(one, name, QUICK_STATES, configuration, model, signal)))
  }
  const isSurveyed = !signal.aborted
  const [patch] = checks.flatMap((one) => one.patch ?? [])
  const all = patch === undefined ? mutationsIn(surveyed) : mutationsOfPatch(patch, surveyed)
  const mutations = asked.mutant === undefined || signal.aborted ? all : thoseWith(all, asked.mutant)
  const scored = await scoreMutants(mutations, surveyed, threads, signal, (done, one) =>
    progress.show(done, mutations.length, `${one.in} without ${one.code.slice(0, 40)}`),
  )
  progress.clear()
  const command = commandOf(checks, { ...asked, variant: patch?.file ?? variant })
  const text = quiet ? scoreLine(scored) : scoreText(surveyed, scored, command)
  io.out(json ? foundJson({ found: scored }) : text)
  const isComplete = isSurveyed && scored.length === mutations.length
  saveFound(file, { kind: 'mutants', isComplete, found: scored }, io)
  if (io.signal.aborted) return EXIT.interrupted
  if (!isComplete) io.err(`faultline: the time was up, see --time-budget; ${scored.length} mutants were explored\n`)
  return unexplained(scored).length > 0 || !isComplete ? EXIT.regression : EXIT.fine
}

function commandOf(checks: readonly Check[], { variant, kernel, configuration, memory, mutant }: Asked): string {
  const words = [
    ...(checks.length === 1 ? [checks[0]!.name] : []),
    ...(variant === undefined ? [] : ['--variant', variant]),
    ...(kernel === undefined ? [] : ['--kernel', kernel]),
    ...(configuration === undefined ? [] : ['--configuration', configuration]),
    ...(memory === undefined ? [] : ['--memory', memory]),
  ]
  const which = mutant === undefined ? '--mutants' : `--mutant '${mutant}'`
  return ['faultline check', ...words, which].join(' ')
}

/** Those of which file, function, step and kind have all of the words. */
function thoseWith(all: readonly Mutation[], words: string): readonly Mutation[] {
  const wanted = words.split(' ')
  const found = all.filter(({ file, in: fn, code, kind }) => {
    const text = `${file} ${fn} ${code} ${kind}`
    return wanted.every((word) => text.includes(word))
  })
  if (found.length > 0) return found
  throw new FaultlineError('NO_SUCH_MUTANT', 'usage', `no step that is left out is called '${words}'`, {
    hint: `${all.length} can be left out here: --mutants lists them by file, function, step and kind.`,
  })
}
