/** The names of the columns of a table of events, in lower case and with letters only. */
const NAMES = {
  task: ['comm', 'task', 'command', 'threadname', 'taskname', 'process', 'processname'],
  tid: ['tid', 'pid', 'threadid', 'taskpid', 'commonpid'],
  cpu: ['cpu', 'cpuid', 'commoncpu'],
  time: ['time', 'timestamp', 'timestamps', 'ts', 'seconds'],
  event: ['event', 'eventname', 'name', 'tracepoint'],
  text: ['info', 'args', 'details', 'fields', 'text', 'message', 'params', 'trace'],
} as const

export type Column = keyof typeof NAMES

/**
 * A table of events as spreadsheets and viewers of traces write it: what separates its cells, and which column is what. One column may be
 * task and thread id, as `CPU 0/KVM-4101`.
 */
export type Table = {
  readonly separator: string
  readonly columns: Readonly<Partial<Record<Column, number>>>
  readonly hasHeader: boolean
}

/** The last is that of tables in Markdown, and of those that databases print. */
export const SEPARATORS = ['\t', ',', ';', '|']
/** The line of `-` that tables have below their header, and some above it. */
export const RULE = /^\s*[-+|:=][-+|:= ]+$/
const NEEDED: readonly Column[] = ['task', 'tid', 'time', 'event', 'text']

/** Whether a line ahead of all rows may be the one that names their columns. */
export const mayBeHeader = (line: string): boolean => line.trim() !== '' && !line.startsWith('# ') && !RULE.test(line)

/** By its first line that is no comment; undefined if it is no such table. */
export function tableOf(lines: readonly string[]): Table | undefined {
  const header = lines.find(mayBeHeader)
  if (header === undefined) return undefined
  for (const separator of SEPARATORS) {
    const columns = columnsNamed(cellsOf(header, separator))
    if (columns !== undefined) return { separator, columns, hasHeader: true }
  }
  return undefined
}

/** The meaning of each column, from all column names; undefined if a required one is missing. */
export function columnsNamed(all: readonly string[]): Table['columns'] | undefined {
  const names = all.map((name) => name.toLowerCase().replaceAll(/[^a-z]/g, ''))
  const columns: Partial<Record<Column, number>> = {}
  for (const column of Object.keys(NAMES) as Column[]) {
    const name = NAMES[column].find((each) => names.includes(each))
    if (name !== undefined) columns[column] = names.indexOf(name)
  }
  return NEEDED.every((column) => columns[column] !== undefined) ? columns : undefined
}

/** A cell that holds the separator, or a quote, is quoted, and its quotes are doubled. */
export function cellsOf(line: string, separator: string): readonly string[] {
  const cells: string[] = []
  let cell = ''
  let isQuoted = false
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at]!
    if (letter === '"' && isQuoted && line[at + 1] === '"') {
      cell += '"'
      at += 1
    } else if (letter === '\\' && separator === '|' && line[at + 1] === '|') {
      cell += '|'
      at += 1
    } else if (letter === '"' && (isQuoted || cell === '')) isQuoted = !isQuoted
    else if (letter === separator && !isQuoted) {
      cells.push(cell)
      cell = ''
    } else cell += letter
  }
  return [...cells, cell]
}

/** The line as ftrace prints it; undefined if it has no cells where they are needed. */
export const lineOfCells = (line: string, { separator, columns }: Table): string | undefined =>
  lineOf(cellsOf(line, separator), columns)

export function lineOf(cells: readonly string[], columns: Table['columns']): string | undefined {
  const cell = (column: Column) => cells[columns[column] ?? -1]?.trim() ?? ''
  const [, task, tid] =
    columns.tid === columns.task ? (/^(.*)-(\d+)$/.exec(cell('task')) ?? []) : [undefined, cell('task'), cell('tid')]
  const time = cell('time').replace(/:$/, '')
  const cpu = cell('cpu').replace(/^\[(\d+)\]$/, '$1')
  if (tid === undefined || !/^\d+$/.test(tid) || !/^\d+(?:[.,]\d+)?$/.test(time)) return undefined
  // A table without CPUs is read as perf prints events without them.
  const who = /^\d+$/.test(cpu) ? `${task}-${tid} [${cpu}]` : `${task} 0/${tid}`
  return `${who} ${time}: ${cell('event').replace('/', ':').replace(/:$/, '')}: ${cell('text')}`
}
