import { basename } from 'node:path'
import { type CompareOptions, type Comparison, compare as compareResults } from '../bench/comparing/compare.ts'
import { doesFail } from '../bench/comparing/fails.ts'
import { BY_FILE, identityOf, type Source } from '../bench/comparing/layout.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { nearest, nearestText } from '../errors/nearest.ts'
import { compareBenchstat } from '../report/compare-benchstat.ts'
import { compareComment, compareMarkdown, compareText } from '../report/compare-text.ts'
import type { Style } from '../report/tones.ts'
import type { Command } from './command.ts'
import type { CompareArgs } from './compare-flags.ts'
import { leastOf } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { readResult } from './read-result.ts'
import { styleOf } from './terminal.ts'

export const compare: Command<CompareArgs> = async (args, io) => {
  const sources = await sourcesOf(args.files, io)
  const options = optionsOf(args, sources)
  const group = groupOf(args.group, sources)
  const least = args.failOn === undefined ? undefined : leastOf(args.failOn)
  const comparison = compareResults(sources, options)
  io.out(textOf(comparison, args, group, styleOf(io)))
  if (least !== undefined && doesFail(comparison, least)) return EXIT.regression
  return comparison.changes.length === 0 ? EXIT.incomparable : EXIT.fine
}

async function sourcesOf(files: readonly string[], io: Io): Promise<Source[]> {
  const names = files.map((file) => basename(file))
  const isTelling = new Set(names).size === names.length
  const sources: Source[] = []
  for (const [index, file] of files.entries()) {
    sources.push({ name: isTelling ? names[index]! : file, result: await readResult(file, io) })
  }
  return sources
}

function optionsOf({ by, metric, alpha, force }: CompareArgs, sources: readonly Source[]): CompareOptions {
  const metrics = metric === undefined ? [] : metric.split(',').map((name) => name.trim())
  const runs = sources.flatMap(({ result }) => result.runs)
  const unknown = metrics.find((name) => !runs.some((run) => Object.hasOwn(run.metrics, name)))
  if (unknown !== undefined) {
    throw new FaultlineError('UNKNOWN_METRIC', 'usage', `no run in these files has the metric '${unknown}'`, {
      hint: `They have ${[...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].join(', ')}.`,
    })
  }
  return { by: columnsOf(by, sources), alpha: alphaOf(alpha), force, metrics }
}

/** A single file compares its revisions if it has any, otherwise its variants. */
function columnsOf(by: string | undefined, sources: readonly Source[]): string {
  const runs = sources.flatMap(({ result }) => result.runs)
  if (by === undefined) {
    if (sources.length > 1) return BY_FILE
    return runs.some(({ revision }) => revision !== undefined) ? 'revision' : 'variant'
  }
  const known = [BY_FILE, ...new Set(runs.flatMap((run) => Object.keys(identityOf(run))))].filter(
    (name) => name !== 'kind' && name !== 'machine',
  )
  if (known.includes(by)) return by
  const near = nearest(by, known)[0]
  throw new FaultlineError('UNKNOWN_COLUMN', 'usage', `--by is '${by}', which these runs do not have`, {
    hint: near === undefined ? `They can be compared by ${known.join(', ')}.` : `Did you mean ${near}?`,
  })
}

function alphaOf(text: string): number {
  const alpha = Number(text)
  if (alpha > 0 && alpha < 1) return alpha
  throw new FaultlineError('BAD_ALPHA', 'usage', `--alpha is '${text}', which is not between 0 and 1`, {
    hint: 'Write --alpha 0.05: one comparison in twenty may report a change where there is none.',
  })
}

function groupOf(group: string | undefined, sources: readonly Source[]): string[] {
  const names = group === undefined ? [] : group.split(',').map((name) => name.trim())
  const known = [
    ...new Set(sources.flatMap(({ result }) => result.runs.flatMap((run) => Object.keys(identityOf(run))))),
  ]
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return names
  throw new FaultlineError('UNKNOWN_GROUP', 'usage', `--group is '${unknown}', which these runs do not have`, {
    hint: nearestText(unknown, known),
  })
}

function textOf(comparison: Comparison, { format }: CompareArgs, group: readonly string[], style: Style): string {
  if (format === 'json') return JSON.stringify(comparison, null, 1)
  if (format === 'markdown') return compareMarkdown(comparison, group)
  if (format === 'comment') return compareComment(comparison, group)
  if (format === 'benchstat') return compareBenchstat(comparison)
  return compareText(comparison, group, style)
}
