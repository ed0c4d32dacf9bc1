import { type Column, cellsOf, RULE, SEPARATORS, type Table } from './cells.ts'

/** The number of rows that are examined; fewer are not conclusive. */
const JUDGED = 64
const FEW = 3
const MOST = 0.8

const TIME = /^\d+[.,]\d{3,9}:?$/
const WHOLE = /^\d+$/
const IN_BRACKETS = /^\[\d+\]$/
const EVENT = /^(?:[\w-]+[:/])?(?:kvm\w*|fast_page_fault|contention_\w+|lock_\w+|sched_\w+|\w*mmio\w*):?$/
const TASK_AND_TID = /\S-\d+$/

/** A table of events without a header, whose columns are recognised by their content; undefined if it is no such table. */
export function bareTableOf(lines: readonly string[]): Table | undefined {
  const told = lines.filter((line) => line.trim() !== '' && !line.startsWith('#') && !RULE.test(line)).slice(0, JUDGED)
  for (const separator of SEPARATORS) {
    const rows = alike(told.map((line) => cellsOf(line, separator).map((cell) => cell.trim())))
    if (rows.length < FEW || rows.length < told.length * MOST) continue
    const columns = columnsOf(rows)
    if (columns !== undefined) return { separator, columns, hasHeader: false }
  }
  return undefined
}

/** Rows of the usual number of cells: the first and the last may be cut. */
function alike(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const lengths = rows.map(({ length }) => length).toSorted((a, b) => a - b)
  const usual = lengths[Math.floor(lengths.length / 2)] ?? 0
  return usual < FEW ? [] : rows.filter(({ length }) => length === usual)
}

function columnsOf(rows: readonly (readonly string[])[]): Table['columns'] | undefined {
  const all = rows[0]!.map((_, column) => column)
  const cellsIn = (column: number) => rows.map((row) => row[column]!)
  const mostly = (column: number, shape: RegExp) =>
    cellsIn(column).filter((cell) => shape.test(cell)).length >= rows.length * MOST
  const event = all.find((column) => mostly(column, EVENT))
  const time = all.find((column) => mostly(column, TIME))
  if (event === undefined || time === undefined) return undefined
  const numbers = all.filter((column) => column !== time && (mostly(column, WHOLE) || mostly(column, IN_BRACKETS)))
  const words = all.filter((column) => ![event, time, ...numbers].includes(column))
  const text = words.find((column) => column > event)
  const task = words.find((column) => column !== text)
  if (text === undefined || task === undefined) return undefined
  const tid = tidOf(numbers, cellsIn(task), cellsIn)
  if (tid === undefined && !mostly(task, TASK_AND_TID)) return undefined
  const cpu = numbers.find((column) => column !== tid && column < event && isOfCpus(cellsIn(column)))
  const columns: Partial<Record<Column, number>> = { task, tid: tid ?? task, time, event, text }
  return cpu === undefined ? columns : { ...columns, cpu }
}

/** A thread has one name, where a CPU and a process have several threads' names; of two such columns it is the one of larger numbers. */
function tidOf(
  numbers: readonly number[],
  names: readonly string[],
  cellsIn: (column: number) => readonly string[],
): number | undefined {
  const isOfOneName = (column: number) => {
    const ids = cellsIn(column)
    return new Set(ids.map((id, row) => `${id} ${names[row]}`)).size === new Set(ids).size
  }
  const largest = (column: number) => cellsIn(column).reduce((most, cell) => Math.max(most, Number(cell) || 0), 0)
  return numbers.filter(isOfOneName).toSorted((a, b) => largest(b) - largest(a))[0]
}

/** A column that is the same number in each row may be a process. */
const isOfCpus = (cells: readonly string[]) => IN_BRACKETS.test(cells[0]!) || new Set(cells).size > 1
