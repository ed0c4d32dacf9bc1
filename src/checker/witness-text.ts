import type { Line } from './line.ts'
import type { Program } from './program.ts'
import type { Played } from './witness.ts'

const MOST_WIDE = 46

/**
 * An execution in the kernel's own way: one column per CPU, one line per function that it is in, time going down. Of a
 * function's steps those are named that somebody else could see or change in this execution; the others are counted.
 */
export function witnessText(program: Program, { lines, stuck }: Played): string {
  const shared = sharedWords(lines)
  const rows = runsOf(lines).map((run) => ({ actor: run[0]!.actor, cell: cellOf(run, shared) }))
  const names = program.actors.map(({ name }, cpu) => `CPU ${cpu}: ${name}`)
  const widths = names.map((name, actor) => {
    const cells = rows.filter((row) => row.actor === actor).flatMap(({ cell }) => cell)
    return Math.max(name.length, ...cells.map((cell) => cell.length))
  })
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd()
  return [
    line(names),
    line(names.map((name) => '-'.repeat(name.length))),
    ...rows.flatMap(({ actor, cell }) => cell.map((text) => line(names.map((_, at) => (at === actor ? text : ''))))),
    ...(stuck.length === 0 ? [] : ['', ...stuck]),
  ].join('\n')
}

/** Words that more than one actor touches in this execution, and somebody changes. */
function sharedWords(lines: readonly Line[]): Set<number> {
  const written = new Set(lines.filter(({ wrote }) => wrote).map(({ word }) => word))
  const by = new Map<number, Set<number>>()
  for (const { word, actor } of lines) by.set(word, (by.get(word) ?? new Set()).add(actor))
  return new Set([...by].filter(([word, actors]) => actors.size > 1 && written.has(word)).map(([word]) => word))
}

/** Steps of one actor in one function, in a row. */
function runsOf(lines: readonly Line[]): Line[][] {
  const runs: Line[][] = []
  for (const line of lines) {
    const last = runs.at(-1)
    if (last !== undefined && last[0]!.actor === line.actor && last[0]!.site === line.site) last.push(line)
    else runs.push([line])
  }
  return runs
}

function cellOf(run: readonly Line[], shared: ReadonlySet<number>): string[] {
  const told = collapse(run.filter(({ word, waited }) => shared.has(word) || waited).map(({ text }) => text))
  const rest = run.length - run.filter(({ word, waited }) => shared.has(word) || waited).length
  if (run[0]!.site === '') return collapse(run.map(({ text }) => text)).map(clip)
  const head = `${run[0]!.site}()`
  if (told.length === 0) return [rest === 0 ? head : `${head}  (${rest} private)`].map(clip)
  return [head, ...told.map((text) => `  ${text}`)].map(clip)
}

/** The same thing again and again is said once. */
function collapse(texts: readonly string[]): string[] {
  const collapsed: { text: string; times: number }[] = []
  for (const text of texts) {
    const last = collapsed.at(-1)
    if (last?.text === text) last.times += 1
    else collapsed.push({ text, times: 1 })
  }
  return collapsed.map(({ text, times }) => (times === 1 ? text : `${text} (${times} times)`))
}

const clip = (text: string) => (text.length <= MOST_WIDE ? text : `${text.slice(0, MOST_WIDE - 1)}…`)
