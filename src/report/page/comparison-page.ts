import { type Comparison, compare } from '../../bench/comparing/compare.ts'
import { BY_FILE, type Source } from '../../bench/comparing/layout.ts'
import { isLost } from '../../bench/comparing/missing.ts'
import type { Run } from '../../bench/result.ts'
import { summaryText } from '../compare-cells.ts'
import { tablesOf } from '../compare-tables.ts'
import { preface } from '../compare-text.ts'
import { verdictText } from '../compare-verdict.ts'
import { groupsOf } from '../groups.ts'
import { variedIn } from '../sweep-axes.ts'
import { commandText } from './command-text.ts'
import { provenanceOf } from './provenance.ts'
import { sectionOf } from './result-page.ts'
import type { Figure, Page, Section } from './spec.ts'

const ALPHA = 0.05
/** Loads beyond which a page would have more charts than a reader scrolls through. */
const MOST_SECTIONS = 24

/** Two or more results as a page: what changed first, then each question with the files side by side. */
export function comparisonPage(sources: readonly Source[]): Page {
  const named = distinctNames(sources)
  return {
    title: `faultline: ${named.map(({ name }) => name).join(' against ')}`,
    sections: [changesSection(named), ...besideSections(named)],
    provenance: named.flatMap(({ name, result }) =>
      provenanceOf(result).map(([what, value]) => [`${name}: ${what}`, value] as const),
    ),
  }
}

/** Two files of the same name get their position as a suffix. */
const distinctNames = (sources: readonly Source[]): Source[] =>
  sources.map((source, index) =>
    sources.some((other, at) => at !== index && other.name === source.name)
      ? { ...source, name: `${source.name} (${index + 1})` }
      : source,
  )

function changesSection(sources: readonly Source[]): Section {
  const comparison = compare(sources, { by: BY_FILE, alpha: ALPHA, force: false, metrics: [] })
  const command = commandText(['compare', ...sources.map(({ name }) => name)])
  const figures = tablesOf(comparison).map(
    ({ title, header, rows, notes }): Figure => ({
      title,
      kind: title.includes('modelled') ? 'modelled' : 'measured',
      command,
      caption: ['Medians with their intervals; ~ is a difference that was not resolved.', ...notes].join(' '),
      body: { type: 'table' },
      // A terminal needs no words above the names of runs and figures.
      table: { columns: header.map((name, at) => (name === '' ? (['run', 'figure'][at] ?? 'change') : name)), rows },
    }),
  )
  return {
    title: 'What changed',
    gist: summaryText(comparison),
    shows: 'all',
    about: `${summaryText(comparison)}.`,
    answers: sources.length === 2 ? [verdictOf(comparison)] : [],
    warnings: preface(comparison),
    figures,
  }
}

/** The verdict on two files in one line; more files have a table only. */
function verdictOf(comparison: Comparison): Section['answers'][number] {
  const { changes, missing } = comparison
  const isWorse = changes.some(({ verdict }) => verdict === 'worse') || missing.some(isLost)
  const isBetter = changes.some(({ verdict }) => verdict === 'better')
  return { verdict: isWorse ? 'no' : isBetter ? 'yes' : 'finding', text: verdictText(comparison) }
}

/** The same load in all files: each file's variants are series of one chart. */
function besideSections(sources: readonly Source[]): Section[] {
  const owners = sources.flatMap(({ name, result }) => result.runs.map(() => name))
  const labelled = sources.flatMap(({ name, result }) =>
    result.runs.map((run): Run => ({ ...run, variant: `${run.variant} (${name})` })),
  )
  const fileOf = new Map(labelled.map((run, at) => [run, owners[at]]))
  const groups = groupsOf(labelled).filter((runs) => new Set(runs.map((run) => fileOf.get(run))).size > 1)
  // The table above already lists the changes of all groups.
  return groups.length > MOST_SECTIONS
    ? []
    : groups.map((runs) => ({
        ...sectionOf(runs, sources[0]!.result, variedIn(groups)),
        // Trials of separate files were not interleaved: what changed between them the table above says.
        answers: [],
        gist: '',
        shows: 'heading',
      }))
}
