import type { Line } from './line.ts'
import type { Program } from './program.ts'
import type { Played } from './witness.ts'

const MOST_WIDE = 46

/**
 * An execution in the kernel's own way: one column per CPU, one line per function that it is in, time going down. It
 * names the steps that another CPU could see or change in this execution, or that violate something; the
 * others are counted, and functions that have no such step share a line.
 */
export function witnessText(program: Program, { lines, stuck }: Played): string {
  const shared = sharedWords(lines)
  const isTold = ({ word, waited, found, site }: Line) =>
    shared.has(word) || waited || found !== undefined || site === ''
  const rows = runsOf(lines, isTold).map((run) => ({ actor: run[0]!.actor, cell: cellOf(run, isTold) }))
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

/** Words that more than one actor touches in this execution, and at least one changes. */
function sharedWords(lines: readonly Line[]): Set<number> {
  const written = new Set(lines.filter(({ wrote }) => wrote).map(({ word }) => word))
  const by = new Map<number, Set<number>>()
  for (const { word, actor } of lines) by.set(word, (by.get(word) ?? new Set()).add(actor))
  return new Set([...by].filter(([word, actors]) => actors.size > 1 && written.has(word)).map(([word]) => word))
}

/** Steps of one actor in a row, in one function; or in several whose steps are not shown. */
function runsOf(lines: readonly Line[], isTold: (line: Line) => boolean): Line[][] {
  const calls: Line[][] = []
  for (const line of lines) {
    const last = calls.at(-1)
    if (last !== undefined && last[0]!.actor === line.actor && last[0]!.site === line.site) last.push(line)
    else calls.push([line])
  }
  const runs: Line[][] = []
  for (const call of calls) {
    const last = runs.at(-1)
    const isSame = last !== undefined && last[0]!.actor === call[0]!.actor
    if (isSame && !last.some(isTold) && !call.some(isTold)) last.push(...call)
    else runs.push([...call])
  }
  return runs
}

function cellOf(run: readonly Line[], isTold: (line: Line) => boolean): string[] {
  const told = run.filter(isTold)
  if (told.length === 0) return [`${callsOf(run)}  (${run.length} private)`]
  const texts = collapse(
    told.flatMap(({ text, at, found = [] }) => [
      at === undefined ? text : `${at.split(':')[1]}: ${text}`,
      ...found.map((name) => `=> ${name}`),
    ]),
  )
  const { site, at } = told[0]!
  if (site === '') return texts.map(clip)
  return [`${site}()${at === undefined ? '' : `  ${at.split(':')[0]}`}`, ...texts.map((text) => `  ${text}`)].map(clip)
}

/** The functions of a run: all of them, or the first and the last. */
function callsOf(run: readonly Line[]): string {
  const sites = [...new Set(run.map(({ site }) => `${site}()`))]
  const all = sites.join(', ')
  return all.length <= MOST_WIDE - 14 ? all : `${sites[0]} ... ${sites.at(-1)}`
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
