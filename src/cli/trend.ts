import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Argv } from 'yargs'
import { FaultlineError } from '../bench/error.ts'
import { type Entry, entryOf, readEntries } from '../bench/trend/history.ts'
import { type Series, seriesOf, shiftsOf } from '../bench/trend/series.ts'
import { trendText } from '../report/trend-text.ts'
import type { Command } from './command.ts'
import { EXIT, type Io } from './io.ts'
import { readResult } from './read-result.ts'

type Args = {
  readonly files: readonly string[]
  readonly append: string | undefined
  readonly metric: string | undefined
  readonly last: string | undefined
  readonly alpha: string
  readonly json: boolean
}

export const trend: Command<Args> = {
  name: 'trend',
  usage: 'trend <files..>',
  summary: 'Say at which commit a metric of a history changed its level.',
  flags: (yargs) =>
    yargs
      .positional('files', { type: 'string', array: true, demandOption: true, describe: 'histories, a line a result' })
      .option('append', { type: 'string', requiresArg: true, describe: 'a result to add to the history first' })
      .option('metric', { type: 'string', requiresArg: true, describe: 'only these: a,b,c' })
      .option('last', { type: 'string', requiresArg: true, describe: 'look at so many points only [default: 200]' })
      .option('alpha', {
        type: 'string',
        requiresArg: true,
        default: '0.01',
        describe: 'of a false alarm in a series without a change',
      })
      .option('json', { type: 'boolean', default: false, describe: 'as JSON' }) as unknown as Argv<Args>,

  async run(args, io) {
    if (args.append !== undefined) await append(args.append, args.files, io)
    const alpha = fraction(args.alpha)
    const last = whole(args.last ?? '200')
    const metrics = args.metric?.split(',').map((name) => name.trim())
    const series = seriesOf(args.files.flatMap(entriesIn))
      .filter(({ metric, better }) => (metrics === undefined ? better !== null : metrics.includes(metric)))
      .map((one) => ({ ...one, points: one.points.slice(-last) }))
    io.out(
      args.json
        ? JSON.stringify(
            series.map((one) => plain(one, alpha)),
            null,
            1,
          )
        : trendText(series, alpha),
    )
    return series.length === 0 ? EXIT.incomparable : EXIT.fine
  },
}

/** A history begins with its first line. */
async function append(result: string, [file, ...others]: readonly string[], io: Io): Promise<void> {
  if (others.length > 0) throw wrong('--append writes to one history', 'Name one file.')
  const entry = entryOf(await readResult(result, io))
  const known = existsSync(file!) ? entriesIn(file!) : []
  if (known.some(({ id, git }) => id === entry.id && git === entry.git))
    throw wrong(`${file} has ${result} already`, 'Leave --append out.')
  appendFileSync(file!, `${JSON.stringify(entry)}\n`)
}

function entriesIn(file: string): Entry[] {
  try {
    return readEntries(readFileSync(file, 'utf8'), file)
  } catch (cause) {
    if (cause instanceof FaultlineError) throw cause
    const reason = cause instanceof Error ? cause.message.replace(/^\w+: /, '') : String(cause)
    throw wrong(`${file} cannot be read: ${reason}`, '`faultline trend FILE --append RESULT` begins one.')
  }
}

const plain = ({ points, ...about }: Series, alpha: number) => ({
  ...about,
  points: points.map(({ entry: { git, createdAt, id }, value }) => ({ git, createdAt, id, value })),
  shifts: shiftsOf({ ...about, points }, alpha),
})

function fraction(text: string): number {
  const value = Number(text)
  if (value >= 0.001 && value < 1) return value
  throw wrong(`--alpha is '${text}', which is not from 0.001 to below 1`, 'Write --alpha 0.01.')
}

function whole(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= 8) return value
  throw wrong(`--last is '${text}', which is not a whole number from 8 on`, 'Write --last 100.')
}

const wrong = (message: string, hint: string) => new FaultlineError('BAD_HISTORY', 'usage', message, { hint })
