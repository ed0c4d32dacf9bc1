/** One result of Go's benchmark text with the configuration under which it stands. */
export type GoResult = {
  readonly config: ReadonlyMap<string, string>
  readonly name: string
  readonly iterations: number
  readonly values: ReadonlyMap<string, number>
}

export type GoText = {
  readonly results: readonly GoResult[]
  readonly units: ReadonlyMap<string, ReadonlyMap<string, string>>
}

/** What Go's unicode.IsSpace takes for a blank. */
const BLANK = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u

/** The format as golang.org/design/14313-benchmark-format and benchfmt say it: what is none of the three kinds of lines is skipped. */
export function readGo(text: string): GoText {
  const config = new Map<string, string>()
  const units = new Map<string, ReadonlyMap<string, string>>()
  const results: GoResult[] = []
  for (const line of text.split(/\r?\n/)) {
    const [, key, value] = /^(\p{Ll}[^\s\p{Lu}:]*):(?:[ \t]+(.*))?$/u.exec(line) ?? []
    if (key !== undefined) {
      if (value === undefined || value === '') config.delete(key)
      else config.set(key, value)
    } else if (line.startsWith('Unit ')) {
      const [, unit, ...said] = line.split(BLANK)
      units.set(unit!, new Map(said.map((each) => each.split('=') as [string, string])))
    } else if (/^Benchmark(?!\p{Ll})/u.test(line)) {
      results.push({ config: new Map(config), ...measured(line) })
    }
  }
  return { results, units }
}

function measured(line: string): Omit<GoResult, 'config'> {
  const [name, iterations, ...fields] = line.split(BLANK)
  if (!/^[1-9]\d*$/.test(iterations ?? '') || fields.length % 2 === 1 || fields.length === 0) {
    throw new Error(`not a result of Go: ${line}`)
  }
  const values = new Map<string, number>()
  for (let at = 0; at < fields.length; at += 2) {
    const [value, unit] = [Number(fields[at]), fields[at + 1]!]
    if (fields[at] === '' || Number.isNaN(value) || values.has(unit)) throw new Error(`not a value of Go: ${line}`)
    values.set(unit, value)
  }
  return { name: name!.slice('Benchmark'.length), iterations: Number(iterations), values }
}

/**
 * benchstat's projections by default, `-table .config -row .fullname -col .file`: the tables, each with its rows, each with how many
 * values it has in each column.
 */
export function tablesOf(files: readonly string[]): Map<string, Map<string, number[]>> {
  const tables = new Map<string, Map<string, number[]>>()
  for (const [column, text] of files.entries()) {
    for (const { config, name, values } of readGo(text).results) {
      for (const unit of values.keys()) {
        const table = JSON.stringify([unit, ...[...config].sort()])
        const rows = tables.get(table) ?? new Map<string, number[]>()
        tables.set(table, rows)
        const cells = rows.get(name) ?? files.map(() => 0)
        rows.set(name, cells)
        cells[column]! += 1
      }
    }
  }
  return tables
}
