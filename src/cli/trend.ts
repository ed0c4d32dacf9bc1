import { text as textOf } from 'node:stream/consumers'
import { entriesOfCsv } from '../bench/trend/csv.ts'
import { type Entry, entryOf, readEntries } from '../bench/trend/history.ts'
import { type Series, type Shift, type ShiftOptions, seriesOf, shiftsOf, sizeOf } from '../bench/trend/series.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { withoutMark } from '../errors/file-content.ts'
import { fit } from '../report/fit.ts'
import { type Changed, trendText } from '../report/trend-text.ts'
import type { Command } from './command.ts'
import { appendLine, readHistory } from './files/history-file.ts'
import { leastOf, shareOf } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { readResult } from './read-result.ts'
import type { TrendArgs } from './trend-flags.ts'

export const trend: Command<TrendArgs> = async (args, io) => {
  if (args.append !== undefined) await append(args.append, args.files, io)
  const failOn = args.failOn === undefined ? undefined : leastOf(args.failOn)
  const options = optionsOf(args)
  const last = whole('last', args.last ?? '200', 8)
  const metrics = args.metric?.split(',').map((name) => name.trim())
  const entries: Entry[] = []
  for (const file of args.files) entries.push(...(await entriesIn(file, io)))
  const series = seriesOf(entries)
    .filter(({ metric, better }) => (metrics === undefined ? better !== null : metrics.includes(metric)))
    .map((one) => ({ ...one, points: one.points.slice(-last) }))
  const changed = series.map((one) => changedIn(one, options))
  if (series.length === 0) io.err(`faultline: ${noSeries(args.files, entries.length, metrics)}\n`)
  if (series.length > 0 || args.json)
    io.out(args.json ? JSON.stringify(changed.map(plain), null, 1) : fit(trendText(changed, options), io.columns))
  const isWorse = changed.some(({ shifts }) =>
    shifts.some((shift) => shift.verdict === 'worse' && sizeOf(shift) >= (failOn ?? Number.POSITIVE_INFINITY)),
  )
  if (failOn !== undefined && isWorse) return EXIT.regression
  return series.length === 0 ? EXIT.incomparable : EXIT.fine
}

/** Its shifts, and how many points ago those began that are too old to be shown. */
function changedIn(series: Series, options: ShiftOptions): Changed {
  const all = shiftsOf(series, { ...options, newest: Number.POSITIVE_INFINITY })
  const ago = ({ at }: Shift) => series.points.length - at
  const [shifts, older] = [
    all.filter((shift) => ago(shift) <= options.newest),
    all.filter((shift) => ago(shift) > options.newest),
  ]
  return { series, shifts, older: older.map(ago) }
}

/** A level is four points at least, so a regression is seen four points after it came, and is new for as long again. */
const NEW = '8'

function optionsOf({ alpha, minChange, newest, failOn }: TrendArgs): ShiftOptions {
  const points = newest ?? (failOn === undefined ? undefined : NEW)
  return {
    alpha: fraction(alpha),
    least: shareOf('min-change', minChange),
    newest: points === undefined ? Number.POSITIVE_INFINITY : whole('newest', points, 1),
  }
}

function noSeries(files: readonly string[], entries: number, metrics: readonly string[] | undefined): string {
  const where = files.join(', ')
  if (entries === 0) return `${where}: no result is in it\n\`faultline trend FILE --append RESULT\` adds one.`
  const what = metrics === undefined ? 'no figure that has a better side' : `no figure named ${metrics.join(', ')}`
  return `${where}: ${what} is in it\n\`faultline list metrics\` lists the known figures.`
}

/** A history begins with its first line. */
async function append(result: string, [file, ...others]: readonly string[], io: Io): Promise<void> {
  if (others.length > 0) throw wrong('--append writes to one history', 'Name one file.')
  const entry = entryOf(await readResult(result, io))
  if (file === '-') throw wrong('--append cannot write to standard input', 'Name the file of a history.')
  if (isCsv(file!)) throw wrong('--append cannot write CSV', 'Name a history of lines of JSON.')
  await appendLine(file!, result, (text) => {
    const { entries } = readEntries(text, file!)
    if (entries.some(({ id, git }) => id === entry.id && git === entry.git))
      throw wrong(`${file} has ${result} already`, 'Leave --append out.')
    return JSON.stringify(entry)
  })
}

const isCsv = (file: string) => file.toLowerCase().endsWith('.csv')

async function entriesIn(file: string, io: Io): Promise<readonly Entry[]> {
  const text = file === '-' ? withoutMark(await textOf(io.stdin())) : readHistory(file, false)
  // Standard input has no name that ends with .csv; a line of JSON begins with a brace.
  if (isCsv(file) || (file === '-' && /^\s*[^\s{]/.test(text))) return entriesOfCsv(text, file)
  const { entries, damaged } = readEntries(text, file)
  for (const line of damaged) io.err(`faultline: ${file}: line ${line} is not an entry of a history, and is left out\n`)
  return entries
}

const plain = ({ series: { points, joined, ...about }, shifts }: Changed) => ({
  ...about,
  points: points.map(({ entry: { git, createdAt, id }, value }) => ({ git, createdAt, id, value })),
  joined: joined.map(({ since: { git, createdAt, id }, names }) => ({ git, createdAt, id, names })),
  shifts,
})

function fraction(text: string): number {
  const value = Number(text)
  if (value >= 0.001 && value < 1) return value
  throw wrong(`--alpha is '${text}', which is not from 0.001 to below 1`, 'Write --alpha 0.01.')
}

function whole(flag: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least) return value
  throw wrong(`--${flag} is '${text}', which is not a whole number from ${least} on`, `Write --${flag} ${least * 10}.`)
}

const wrong = (message: string, hint: string) => new FaultlineError('BAD_HISTORY', 'usage', message, { hint })
