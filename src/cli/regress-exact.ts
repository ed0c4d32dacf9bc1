import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { causesOf, shiftsOf } from '../bench/gate/causes.ts'
import { changedMachines, type Deviation, deviations, isExactRun, runKey } from '../bench/gate/exact.ts'
import { type Failure, failuresOf } from '../bench/gate/failures.ts'
import { baselinesIn, faultsOfFolder, MANIFEST, manifestText } from '../bench/gate/manifest.ts'
import { type Ranked, type Ranking, rank } from '../bench/gate/ranking.ts'
import type { Result } from '../bench/result.ts'
import { resultText } from '../bench/result-text.ts'
import { SCENARIOS } from '../bench/scenarios/all.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { shellWord } from '../errors/shell-word.ts'
import { causeText, countText, failureText, rankingText, shiftText } from '../report/gate-text.ts'
import type { Suite } from '../report/junit-xml.ts'
import { save } from './files/output.ts'
import { shareOf } from './flags.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { isOfThisTree } from './openable.ts'
import { readAsWritten } from './read-result.ts'
import type { RegressArgs } from './regress-flags.ts'
import { exactSuite } from './regress-junit.ts'
import { type Leave, rerun } from './rerun.ts'

/** A baseline is the user's own. */
const LEAVE: Leave = { opens: isOfThisTree, threads: true }

type Baseline = { readonly file: string; readonly result: Result }
type Checked = Baseline & {
  readonly now: Result
  readonly found: readonly Deviation[]
  readonly failures: readonly Failure[]
}

/** Fails on changed figures, and on failures that do not depend on a change. With `suites` they are added there, and nothing is printed. */
export async function checkExact(args: RegressArgs, io: Io, suites?: Suite[]): Promise<ExitCode> {
  const { baseline } = args
  const ignoreBelow = shareOf('ignore-below', args.ignoreBelow)
  const checked = await checkAll(baseline, false, io)
  if (checked === undefined) return noBaseline(baseline, io)
  if (io.signal.aborted) return EXIT.interrupted
  const failures = checked.flatMap((one) => one.failures)
  const whole = rank(
    checked.flatMap(({ found }) => found),
    ignoreBelow,
  )
  if (suites === undefined) await printExact(checked, failures, whole, args, io)
  else suites.push(...checked.map((one) => suiteOf(one, ignoreBelow)))
  if (failures.length === 0 && whole.figures.length === 0) {
    if (isUnlisted(baseline)) throw notWhole(faultsOfFolder(baseline))
    return EXIT.fine
  }
  if (suites === undefined) io.out(`\n${adviceOf(failures, whole)}`)
  const isForbidden = failures.some(({ kind }) => kind === 'forbidden')
  return failures.length > 0 && !isForbidden ? EXIT.failed : EXIT.regression
}

const suiteOf = ({ file, result, now, found, failures }: Checked, ignoreBelow: number): Suite =>
  exactSuite(file, result, now, rank(found, ignoreBelow).figures, failures)

async function printExact(
  checked: readonly Checked[],
  failures: readonly Failure[],
  whole: Ranking,
  { format, ...args }: RegressArgs,
  io: Io,
): Promise<void> {
  const ignoreBelow = shareOf('ignore-below', args.ignoreBelow)
  const causes = await causesIn(checked, whole, io)
  const lines = [
    ...failures.map(failureText),
    ...checked.map((one) => `${one.file}: ${summaryOf(one, ignoreBelow)}`),
    ...causes,
    ...(whole.figures.length === 0 ? [] : ['', rankingText(whole)]),
  ].join('\n')
  io.out(format !== 'table' ? `\`\`\`text\n${lines}\n\`\`\`` : lines)
}

function summaryOf({ result, found }: Checked, ignoreBelow: number): string {
  const runs = result.runs.filter(isExactRun).length
  if (found.length === 0) return `${runs} runs, every figure as it was`
  return `changed: ${countText(rank(found, ignoreBelow), ignoreBelow)}`
}

function adviceOf(failures: readonly Failure[], { figures }: Ranking): string {
  if (failures.length > 0) {
    const what = failures.some(({ kind }) => kind === 'forbidden') ? 'a forbidden outcome' : 'a run that failed'
    return `The gate fails on ${what} regardless of the figures, and --update refuses it. Fix that first, then look at the figures.`
  }
  const count = figures.reduce((sum, { also }) => sum + 1 + also.length, 0)
  return `${count} exact figure${count === 1 ? '' : 's'} changed. If the change is intended, run \`faultline regress --update\` and commit the files that it writes.`
}

/** Runs every baseline again; undefined if there is none. */
async function checkAll(baseline: string, isUpdate: boolean, io: Io): Promise<Checked[] | undefined> {
  const baselines = await baselinesOf(baseline, isUpdate, io)
  if (baselines.length === 0) return undefined
  const checked: Checked[] = []
  for (const { file, result } of baselines) {
    io.keeps(`${checked.length} of ${baselines.length} baselines were run again; nothing is written.`)
    const now = await rerun(result, result.runs, file, io, LEAVE)
    if (io.signal.aborted) break
    checked.push({ file, result, now, found: deviations(result, now), failures: failuresOf(now, isExactRun) })
  }
  return checked
}

/** A gate without a baseline would let everything through, and so would one that does not miss a file. */
async function baselinesOf(baseline: string, isUpdate: boolean, io: Io): Promise<Baseline[]> {
  if (!existsSync(baseline)) return []
  const isFile = !isFolder(baseline)
  const names = isFile ? [baseline] : baselinesIn(baseline).map((name) => join(baseline, name))
  const all: Baseline[] = []
  for (const file of names) {
    const result = await readAsWritten(file, io)
    if (!result.runs.some(isExactRun)) throw nothingExact(file)
    all.push({ file, result })
  }
  const faults = isUpdate || isUnlisted(baseline) ? [] : isFile ? faultsOfFile(baseline) : faultsOfFolder(baseline)
  if (faults.length > 0) throw notWhole(faults)
  return all
}

/** A folder that `regress --update` has not written: its files are compared, and the gate does not pass. */
const isUnlisted = (baseline: string) => isFolder(baseline) && !existsSync(join(baseline, MANIFEST))

const notWhole = (faults: readonly string[]) =>
  new FaultlineError('BASELINE_NOT_WHOLE', 'usage', faults.join('\n'), {
    hint: `Restore the files from git; or, if the change is intended: \`faultline regress --update\`, and commit ${MANIFEST} too.`,
  })

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/** Checks a single file; if a manifest lies beside it, the file must match the manifest. */
function faultsOfFile(file: string): string[] {
  const folder = dirname(file)
  if (!existsSync(join(folder, MANIFEST))) return []
  return faultsOfFolder(folder).filter((fault) => fault.startsWith(`${join(folder, basename(file))} is`))
}

const nothingExact = (file: string) =>
  new FaultlineError('NOTHING_EXACT', 'usage', `${file} has no exact figures, so there is nothing to compare with it`, {
    hint: 'Write it with a modelled machine: `faultline bench -s precheck -m altra-64 --out FILE`.',
  })

function noBaseline(baseline: string, io: Io): ExitCode {
  io.err(
    `faultline: there is no baseline in ${baseline}\nWrite one: \`faultline bench -s precheck -m altra-64 --out ${shellWord(join(baseline, 'precheck.json'))}\`, add it to the manifest with \`faultline regress --update\`, and commit both files.\n`,
  )
  return EXIT.incomparable
}

/** One line for each cause: changed costs with the figures that they explain, else the states in which the time was spent. */
async function causesIn(checked: readonly Checked[], { figures }: Ranking, io: Io): Promise<string[]> {
  const lines = new Set<string>()
  for (const { file, result, now, found } of checked) {
    const causes = causesOf(result, now)
    const machines = causes.length > 0 ? [] : changedMachines(result, now)
    for (const machine of machines) lines.add(`${basename(file)}: ${machine}`)
    if (found.length === 0 || io.signal.aborted) continue
    const runs = new Set(result.runs.map(runKey))
    const lead = leadOf(
      figures.filter(({ run }) => runs.has(run)),
      result,
    )
    if (causes.length > 0) {
      const before = Object.fromEntries(causes.map(({ parameter, was }) => [parameter, was]))
      const again = await rerun(result, result.runs, file, io, LEAVE, before)
      // Costs that are set for a run stand among its parameters, and are what these two runs are to differ in.
      const named = { ...again, runs: again.runs.map((run, at) => ({ ...run, params: now.runs[at]?.params ?? {} })) }
      lines.add(`${basename(file)}: ${causeText(causes, lead, deviations(result, named).length)}`)
      continue
    }
    const shifts = result.runs.flatMap((run, at) => {
      const other = now.runs[at]
      return other === undefined ? [] : shiftsOf(run, other, runKey(run))
    })
    const largest = shifts.sort((a, b) => Math.abs(b.is - b.was) - Math.abs(a.is - a.was))[0]
    if (largest !== undefined) lines.add(`${basename(file)}: ${shiftText(largest)}`)
  }
  return [...lines]
}

/** The worst of the figures that the scenario is decided by; if none of them changed, the worst of all. */
function leadOf(figures: readonly Ranked[], { runs }: Result): Ranked | undefined {
  const numbers = figures.filter(({ change }) => change !== null)
  const names = SCENARIOS.filter(({ name }) => runs.some(({ scenario }) => scenario === name)).flatMap(({ decides }) =>
    decides.map(({ metric }) => metric as string),
  )
  return numbers.find(({ figure }) => names.includes(figure)) ?? numbers[0]
}

/** Rewrites what changed, and leaves the other files alone; nothing is written if a run is not one that may be a baseline. */
export async function update({ baseline }: RegressArgs, io: Io): Promise<ExitCode> {
  const checked = await checkAll(baseline, true, io)
  if (checked === undefined) return noBaseline(baseline, io)
  if (io.signal.aborted) return EXIT.interrupted
  const failures = checked.flatMap((one) => one.failures)
  if (failures.length > 0) {
    io.out(failures.map(failureText).join('\n'))
    io.out(
      `\nNothing is written: ${failures[0]!.kind === 'forbidden' ? 'a forbidden outcome' : 'a run that fails'} cannot become the baseline.`,
    )
    return failures.some(({ kind }) => kind === 'forbidden') ? EXIT.regression : EXIT.failed
  }
  for (const { file, result, now, found } of checked) {
    const isOld = result.runs.some(({ model }) => model !== undefined && model.machine === undefined)
    // The costs of a machine may have other names, or costs that this run does not spend.
    const isOther = changedMachines(result, now).length > 0
    if (found.length > 0 || isOld || isOther) {
      save({ path: file, kind: 'result' }, resultText(now))
      io.keeps(`${file} was written; the files after it are unchanged.`)
    }
    io.out(
      found.length === 0
        ? `${file}: every figure as it was${isOther ? '; written, as its machine has other costs' : ''}`
        : `${file}: written; for the commit message:\n\n${rankingText(rank(found, 0))}`,
    )
  }
  const folder = isFolder(baseline) ? baseline : dirname(baseline)
  if (folder === baseline || existsSync(join(folder, MANIFEST))) renewManifest(folder, io)
  return EXIT.fine
}

/** Renews the manifest and reports missing files, so that a lost file is noticed. */
function renewManifest(folder: string, io: Io): void {
  const faults = existsSync(join(folder, MANIFEST)) ? faultsOfFolder(folder) : []
  for (const fault of faults.filter((one) => !/is not what was written/.test(one))) io.out(`${fault}; no longer so`)
  save({ path: join(folder, MANIFEST), kind: 'manifest' }, manifestText(folder))
}
