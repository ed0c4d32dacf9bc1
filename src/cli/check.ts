import { refuseOlder } from '../bench/on-kernel.ts'
import { lackedBy } from '../bench/since.ts'
import type { Check } from '../checker/check.ts'
import { cutOffText, isCutOff, reportText, untakenText, verdictText } from '../checker/check-text.ts'
import { runJobs } from '../checker/job-pool.ts'
import { checkWith, loadChecks } from '../checker/load-checks.ts'
import { type Job, jobsOf, type Report } from '../checker/run-check.ts'
import type { Counts } from '../checker/search.ts'
import { reportsOfAll } from '../checker/unexplored.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import type { PatchCode } from '../patches/code.ts'
import { isPatchFile } from '../patches/patch-file.ts'
import { readPatch } from '../patches/read.ts'
import type { VersionName } from '../protocols/kernel.ts'
import { VERSIONS } from '../protocols/kernels.ts'
import { fit } from '../report/fit.ts'
import { budgetSignal } from './check-budget.ts'
import { foundAt, foundJson, saveFound } from './check-file.ts'
import { type CheckArgs, limitsOf } from './check-flags.ts'
import { checkLitmus, isLitmusFile } from './check-litmus.ts'
import { checkLock } from './check-lock.ts'
import { checkMutants } from './check-mutants.ts'
import { checkReplay } from './check-replay.ts'
import { pageAt, saveWitnesses, witnessesIn } from './check-report.ts'
import { checkWorst } from './check-worst.ts'
import { chosenChecks, type Refused } from './chosen-checks.ts'
import type { Command } from './command.ts'
import { integer } from './flags.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { kernelNamed, leftOutOnKernel } from './kernels.ts'
import { checkPatchName } from './patches.ts'
import { Progress } from './progress.ts'

export const check: Command<CheckArgs> = async (given, io) => {
  if (given.name === 'lock' || isLitmusFile(given.name)) refuseFlagsOfChecks(given)
  if (given.name === 'lock') return checkLock(given.file, given, io)
  if (given.file !== undefined) throw notAsked(given.file)
  if (isLitmusFile(given.name)) return checkLitmus(given.name, given, io)
  const { checks: known, args, refused } = await requestedChecks(await loadChecks(), given, io.node)
  const checks = chosenChecks(known, args, refused)
  const left = args.variant === undefined ? leftOutOnKernel(refused, args.kernel) : undefined
  if (left !== undefined) io.err(`faultline: ${left}\n`)
  const threads = integer('threads', args.threads, 1, 64)
  if (args.mutants || args.mutant !== undefined) return checkMutants(checks, { ...args, threads }, io)
  if (args.replay !== undefined) return checkReplay(checks, args, args.replay, io)
  if (args.worst !== undefined) return checkWorst(checks, args.worst, args, io)
  return await explore(checks, { ...args, threads }, io)
}

/** Explores every interleaving of the checks, and prints a verdict for each job, whether it was explored or not. */
async function explore(
  checks: readonly Check[],
  args: Omit<CheckArgs, 'threads'> & { readonly threads: number },
  io: Io,
): Promise<ExitCode> {
  const page = args.report === undefined ? undefined : pageAt(args.report, args.force)
  const file = foundAt(args)
  const limits = limitsOf(args)
  const jobs = checks.flatMap((one) => jobsOf(one, limits, only(args)))
  const progress = new Progress(io, args.progress && !args.json && !args.quiet)
  io.keeps('No exploration finished, so there is nothing to print.', true)
  const begun = new Map<Job, Counts>()
  const signal = AbortSignal.any([io.signal, budgetSignal(args, io)])
  const finished = await runJobs(jobs, args.threads, signal, (done, job, counts) => {
    if (counts !== undefined) begun.set(job, counts)
    const states = counts === undefined ? '' : `, ${counts.states} states`
    progress.show(done, jobs.length, `${job.variant} in ${job.configuration}${states}`)
    if (done > 0) io.keeps(`Of ${jobs.length} explorations, ${done} were finished, and are printed.`)
  })
  progress.clear()
  const reports = reportsOfAll(jobs, finished, io.signal.aborted ? 'interrupted' : 'budget', begun)
  io.out(args.json ? foundJson({ found: reports }) : fit(textOf(reports, args.quiet), io.columns))
  saveFound(file, { kind: 'explorations', isComplete: !reports.some(isCutOff), found: reports }, io)
  if (page !== undefined) saveWitnesses(page, witnessesIn(reports, checks), io)
  if (io.signal.aborted) return EXIT.interrupted
  return exitCode(reports)
}

/** The reports of explorations that ended; below them what the verdicts do not cover. */
function textOf(reports: readonly Report[], isQuiet: boolean): string {
  const ended = reports.filter((report) => !isCutOff(report))
  const verdicts = isQuiet ? [ended.map(verdictText).join('\n')] : ended.map(reportText)
  return [...verdicts, cutOffText(reports), untakenText(reports)].filter((text) => text !== '').join('\n\n')
}

/** The requested checks with their options, on the named kernel and with the named patch; and why variants are missing. */
async function requestedChecks(checks: readonly Check[], given: CheckArgs, node: string) {
  const kernel = kernelNamed(given.kernel)?.name ?? kernelAsVariant(checks, given)
  const { patch, args } = await patchOf(given, node)
  const version = VERSIONS.find((one) => one.name === kernel)
  if (version !== undefined && given.name !== undefined) refuseOlder(version, given.name)
  const asked = await Promise.all(
    checks
      .filter(({ name }) => given.name === undefined || name === given.name)
      .filter(({ name }) => version === undefined || lackedBy(version, name) === undefined)
      .map((one) => checkWith(one, { kernel, patch })),
  )
  const refused: Refused = Object.assign({}, ...asked.map((one) => one.refused))
  return { checks: asked.length === 0 ? checks : asked.map(({ check: one }) => one), args, refused }
}

/** `--variant v6.8` is that kernel as it is, where no check has a variant of that name. */
function kernelAsVariant(checks: readonly Check[], { name, variant }: CheckArgs): VersionName | undefined {
  const named = checks.filter((one) => name === undefined || one.name === name)
  if (named.some(({ variants }) => variants.some((one) => one.name === variant))) return undefined
  return VERSIONS.find((one) => one.name === variant)?.name
}

async function patchOf(
  args: CheckArgs,
  node: string,
): Promise<{ readonly patch?: PatchCode; readonly args: CheckArgs }> {
  if (args.variant === undefined || !isPatchFile(args.variant)) return { args }
  const { patch } = await readPatch(args.variant, node)
  checkPatchName(patch.name, args.variant)
  return { patch, args: { ...args, variant: patch.name } }
}

const only = ({ variant, configuration }: Pick<CheckArgs, 'variant' | 'configuration'>) => ({
  ...(variant === undefined ? {} : { variant }),
  ...(configuration === undefined ? {} : { configuration }),
})

/** A good variant of which it is not known must not pass for one that holds. */
const exitCode = (reports: readonly Report[]): ExitCode =>
  reports.every(({ isAsExpected, isRepeatable }) => isAsExpected && isRepeatable) ? EXIT.fine : EXIT.regression

/** A lock and a litmus test have no variants, configurations or schedules. */
function refuseFlagsOfChecks({
  name,
  variant,
  kernel,
  configuration,
  replay,
  worst,
  report,
  mutants,
  mutant,
  timeBudget,
}: CheckArgs): void {
  const flags = { variant, kernel, configuration, replay, worst, report, mutants: mutants || undefined, mutant }
  // A litmus test is explored whole or not at all: its claim is about all outcomes.
  const budget = name === 'lock' ? {} : { 'time-budget': timeBudget }
  const given = Object.entries({ ...flags, ...budget }).find(([, value]) => value !== undefined)
  if (given === undefined) return
  const what = name === 'lock' ? '`check lock`' : 'a litmus test'
  throw new FaultlineError('FLAG_OF_CHECKS', 'usage', `--${given[0]} does not apply to ${what}`, {
    hint: 'Leave it out, or name a check: `faultline list` prints them.',
  })
}

const notAsked = (file: string) =>
  new FaultlineError('UNKNOWN_NAME', 'usage', `'${file}' is not needed`, {
    hint: 'A second word is the file of `faultline check lock FILE`.',
  })
