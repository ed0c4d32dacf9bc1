import { columnsNamed, lineOf, type Table } from './cells.ts'

/** The fields of an object that is an event, in their order, and which of them is what. */
export type Keys = { readonly names: readonly string[]; readonly columns: Table['columns'] }

/** By the first object that is a line; undefined if it is not an event in fields. */
export function keysOf(lines: readonly string[]): Keys | undefined {
  const first = lines.find((line) => line.trimStart().startsWith('{'))
  const object = first === undefined ? undefined : objectIn(first)
  if (object === undefined) return undefined
  const names = Object.keys(object)
  const columns = columnsNamed(names)
  return columns === undefined ? undefined : { names, columns }
}

/** The line as ftrace prints it; undefined if it is no such object. */
export function lineOfObject(line: string, { names, columns }: Keys): string | undefined {
  const object = objectIn(line)
  if (object === undefined) return undefined
  return lineOf(
    names.map((name) => textOf(object[name])),
    columns,
  )
}

const textOf = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

/** In an array of objects each has a comma behind it. */
function objectIn(line: string): Readonly<Record<string, unknown>> | undefined {
  const text = line.trim().replace(/,$/, '')
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
