import type { Result, Run } from '../../bench/result.ts'
import { circumstancesOf, groupsOf, questionsOf } from '../groups.ts'
import { variedIn } from '../sweep-axes.ts'
import { MOST_LOADS, MOST_VARIED } from '../sweep-text.ts'
import { warningLines } from '../warning-lines.ts'
import { notesOf, scenarioOf } from './answers.ts'
import { figuresOf } from './figures.ts'
import { provenanceOf } from './provenance.ts'
import type { Page, Section } from './spec.ts'
import { sweepSection } from './sweep-section.ts'

/** A result as a page: a section for each question, with its answer, its charts and their tables. */
export function resultPage(result: Result): Page {
  const questions = questionsOf(result.runs)
  const sections = questions.flatMap((runs) => {
    const groups = groupsOf(runs)
    const sweep = sweepSection(runs, result)
    const each = groups.length > MOST_LOADS ? [] : groups.map((group) => sectionOf(group, result, variedIn(groups)))
    if (sweep !== undefined) return [sweep, ...each.map((section): Section => ({ ...section, shows: 'heading' }))]
    return questions.length === 1 && each.length === 1 ? each : each.map(leading)
  })
  return { title: titleOf(result), sections, provenance: provenanceOf(result) }
}

/** One of several questions: its answer, and the figures that decide. */
const leading = (section: Section): Section => ({ ...section, shows: 1 })

const titleOf = ({ runs }: Result) => `faultline: ${[...new Set(runs.map(({ scenario }) => scenario))].join(', ')}`

/** Distinguishes a load from the others of its question, with no more parameters than fit on a line. */
function titleOfLoad({ scenario, machine, params }: Run, varied: readonly string[]): string {
  const named = varied.length > MOST_VARIED ? [] : varied.filter((name) => params[name] !== undefined)
  return [
    `${scenario} on ${machine}`,
    ...(params.trace === undefined ? [] : ['a recording']),
    ...named.map((name) => `${name} ${params[name]}`),
  ].join(', ')
}

/** A section of runs that were interleaved under one load. */
export function sectionOf(runs: readonly Run[], result: Result, varied: readonly string[] = []): Section {
  const [first] = runs as readonly [Run, ...Run[]]
  const scenario = scenarioOf(first)
  const { answers, gist, warnings, shown } = notesOf(scenario, runs)
  const { main, others } = figuresOf(shown, scenario, result)
  return {
    gist,
    shows: main.length,
    title: titleOfLoad(first, varied),
    about: [scenario?.asks ?? '', circumstancesOf(first, scenario)].filter((text) => text !== '').join(' '),
    answers,
    warnings: [
      ...runs.flatMap(({ variant, error }) => (error === null ? [] : [`${variant} failed: ${error.message}`])),
      ...warningLines(runs).map((line) => line.replace(/^! /, '')),
      ...warnings,
    ],
    figures: [...main, ...others],
  }
}
