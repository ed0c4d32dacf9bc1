import { parse } from 'csv-parse/sync'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { noText } from '../../errors/file-content.ts'
import { METRICS } from '../metrics.ts'
import { median } from '../statistics.ts'
import { type Entry, HISTORY, type PastRun } from './history.ts'

type Row = Readonly<Record<string, string>>

/** Columns that say when and where a row was measured; every other column is a parameter. */
const WHEN = ['createdAt', 'date', 'time', 'timestamp']
const COMMIT = ['git', 'commit', 'sha', 'revision']
const HOST = ['cpu', 'cores', 'node']
const OF_TRIAL = ['trial', 'mode', 'seed', 'definition']
const NAMES = ['scenario', 'variant', 'machine', 'kind', 'metric', 'unit', 'better', 'value']

/**
 * Reads a history from CSV (RFC 4180) with a header: a row for each value, with the columns `metric` and `value`, and one of
 * `commit` or `date` at least. Several values of one metric at one commit become their median. `faultline export --format csv`
 * has the other columns.
 */
export function entriesOfCsv(text: string, file: string): Entry[] {
  const rows = rowsOf(text, file)
  for (const name of ['metric', 'value']) if (rows[0] !== undefined && !(name in rows[0])) throw lacks(file, name)
  const first = rows[0] ?? {}
  if (![...WHEN, ...COMMIT].some((name) => name in first)) throw lacks(file, 'commit or date')
  return groups(rows, (row) => JSON.stringify([...WHEN, ...COMMIT, ...HOST].map((name) => row[name]))).map(
    (own, index) => entryOf(own, index, file),
  )
}

function rowsOf(text: string, file: string): Row[] {
  const what = noText(text, 'CSV')
  if (what !== undefined) throw damaged(`${file} ${what}`)
  const delimiter = delimiterOf(text)
  try {
    const rows: Row[] = parse(text, {
      columns: true,
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      bom: true,
      trim: true,
    })
    return delimiter === ';' ? rows.map(withPoint) : rows
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw damaged(`${file} is no CSV: ${why}`, cause)
  }
}

/** Spreadsheets of countries that write a decimal comma separate fields by semicolons; elsewhere a comma separates thousands. */
const SEMICOLONS = /^[^,\n\r]*;[^,\n\r]*$/m
const delimiterOf = (text: string) => (SEMICOLONS.test(text.split(/[\n\r]/, 1)[0]!) ? ';' : ',')

const withPoint = ({ value, ...row }: Row): Row =>
  value === undefined ? row : { ...row, value: value.replace(/^(-?\d+),(\d+)$/, '$1.$2') }

function entryOf(rows: readonly Row[], index: number, file: string): Entry {
  const [first] = rows
  const one = (names: readonly string[]) =>
    names.map((name) => first![name]).find((text) => text !== undefined && text !== '')
  const runs = groups(rows, (row) => JSON.stringify(identityOf(row))).map((own) => runOf(own, file))
  const git = one(COMMIT) ?? null
  return {
    schema: HISTORY,
    version: 1,
    id: `${file} ${index}`,
    createdAt: timeOf(one(WHEN), index, file),
    git,
    dirty: null,
    host: hostOf(first!),
    runs,
  }
}

const hostOf = ({ cpu, cores, node }: Row): Entry['host'] =>
  (cpu ?? cores ?? node) === undefined
    ? null
    : { cpu: cpu ?? 'unknown', cores: Number(cores ?? 0), node: node ?? 'unknown' }

/** Without a date, the order of the rows is that of time. */
function timeOf(text: string | undefined, index: number, file: string): string {
  if (text === undefined) return new Date(index * 1000).toISOString()
  const ms = /^\d{9,10}(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isFinite(ms)) return new Date(ms).toISOString()
  throw damaged(`${file}: '${text}' is no date`)
}

function identityOf(row: Row): Pick<PastRun, 'scenario' | 'variant' | 'machine' | 'kind' | 'params' | 'definition'> {
  const aside = [...WHEN, ...COMMIT, ...HOST, ...OF_TRIAL, ...NAMES]
  const params = Object.entries(row).filter(([name, text]) => !aside.includes(name) && text !== '')
  return {
    scenario: row.scenario ?? 'csv',
    variant: row.variant ?? '-',
    machine: row.machine ?? null,
    kind: row.kind === 'modelled' || row.kind === 'measured' ? row.kind : null,
    definition: '',
    params: Object.fromEntries(
      params.map(([name, text]) => [name, Number.isFinite(Number(text)) ? Number(text) : text]),
    ),
  }
}

function runOf(rows: readonly Row[], file: string): PastRun {
  const metrics = groups(rows, ({ metric }) => metric!).map((own) => {
    const name = own[0]!.metric!
    const values = own.map((row) => numberOf(row, file))
    const known = Object.entries(METRICS).find(([metric]) => metric === name)?.[1]
    const unit = own[0]!.unit ?? known?.unit ?? '1'
    return [
      name,
      {
        unit,
        better: directionOf(own[0]!.better) ?? known?.better ?? null,
        assume: null,
        n: values.length,
        median: median(values),
      },
    ] as const
  })
  return { ...identityOf(rows[0]!), metrics: Object.fromEntries(metrics) }
}

const directionOf = (text: string | undefined) => (text === 'higher' || text === 'lower' ? text : undefined)

function numberOf({ metric, value }: Row, file: string): number {
  const number = value === undefined || value === '' ? Number.NaN : Number(value)
  if (Number.isFinite(number)) return number
  throw damaged(`${file}: a value of ${metric} is '${value ?? ''}', which is not a number`)
}

function groups<T>(all: readonly T[], keyOf: (one: T) => string): T[][] {
  const found = new Map<string, T[]>()
  for (const one of all) found.set(keyOf(one), [...(found.get(keyOf(one)) ?? []), one])
  return [...found.values()]
}

const lacks = (file: string, column: string) => damaged(`${file} has no column ${column}`)

const damaged = (message: string, cause?: unknown) =>
  new FaultlineError('DAMAGED_HISTORY', 'usage', message, {
    hint: 'A history as CSV has a header, and the columns commit or date, metric, value; others are parameters.',
    cause,
  })
