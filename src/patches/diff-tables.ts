import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import type { PatchText } from './emit.ts'
import { textOfClosure } from './sources/closure.ts'
import { type FunctionSource, FunctionSources } from './sources/find-function.ts'

/** A table of functions, and what to call it. */
export type NamedTable = { readonly name: string; readonly kvm: object }

type Fn = (...args: never[]) => unknown
const CONTEXT = 3

/** The differences between two tables: each function that differs as a unified diff, in the order of the table. */
export async function diffTables(a: NamedTable, b: NamedTable, patches: readonly PatchText[]): Promise<string> {
  const sources = new FunctionSources(patches)
  const [from, to] = [entriesOf(a.kvm), entriesOf(b.kvm)]
  const parts: string[] = []
  for (const entry of new Set([...from.keys(), ...to.keys()])) {
    if (from.get(entry) === to.get(entry)) continue
    const sides = await Promise.all([
      sideOf(a.name, entry, from.get(entry), sources),
      sideOf(b.name, entry, to.get(entry), sources),
    ])
    parts.push(unified(...sides))
  }
  return parts.join('\n')
}

/** The entries of a table, and those of the tables within it as `table.entry`. */
function entriesOf(table: object, prefix = ''): Map<string, unknown> {
  return new Map(
    Object.entries(table).flatMap(([name, value]) => {
      const isTable = typeof value === 'object' && value !== null && !Array.isArray(value)
      return isTable ? [...entriesOf(value, `${prefix}${name}.`)] : [[`${prefix}${name}`, value] as const]
    }),
  )
}

type Side = { readonly name: string; readonly text: string }

const DOC = /^\/\*\*[\s\S]*?\*\/\n/

async function sideOf(table: string, entry: string, value: unknown, sources: FunctionSources): Promise<Side> {
  const name = `${table} ${entry}`
  if (typeof value !== 'function') return { name, text: value === undefined ? '' : `${JSON.stringify(value)}\n` }
  const source = await sources.of(value as Fn)
  if (source === undefined) return { name, text: `${value.toString()}\n` }
  return { name: `${name} ${source.file}:${source.line}`, text: `${calledAs(entry, source)}\n` }
}

/** The text under the name of the table entry: the name that a variant gives its function is not a difference. */
function calledAs(entry: string, source: FunctionSource): string {
  const text = textOfClosure(source)
  const mentioned = new RegExp(`(?<![.\\w])${entry}\\b`).test(text.replace(DOC, ''))
  if (source.isInline || mentioned || entry.includes('.')) return text
  return text.replace(new RegExp(`(function\\*? )${source.name}(?=[(<])`), `$1${entry}`)
}

/** A comment that only one side has over its function does not describe the other. */
function unified(from: Side, to: Side): string {
  const isCompared = DOC.test(from.text) === DOC.test(to.text)
  const [a, b] = [from, to].map(({ text }) => (isCompared ? text : text.replace(DOC, '')))
  return createTwoFilesPatch(from.name, to.name, a!, b!, undefined, undefined, {
    context: CONTEXT,
    headerOptions: FILE_HEADERS_ONLY,
  })
}
