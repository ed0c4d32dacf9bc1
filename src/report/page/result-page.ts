import type { Result, Run } from '../../bench/result.ts'
import { circumstancesOf, groupsOf, questionsOf } from '../groups.ts'
import { variedIn } from '../sweep-text.ts'
import { warningLines } from '../warning-lines.ts'
import { answersOf, scenarioOf } from './answers.ts'
import { figuresOf } from './figures.ts'
import { provenanceOf } from './provenance.ts'
import type { Page, Section } from './spec.ts'
import { MOST_LOADS, sweepSection } from './sweep-section.ts'

/** A result as a page: a section for each question, with its answer, its charts and their tables. */
export function resultPage(result: Result): Page {
  const sections = questionsOf(result.runs).flatMap((runs) => {
    const groups = groupsOf(runs)
    const sweep = sweepSection(runs, result)
    const each = groups.length > MOST_LOADS ? [] : groups.map((group) => sectionOf(group, result, variedIn(groups)))
    return [...(sweep === undefined ? [] : [sweep]), ...each]
  })
  return { title: titleOf(result), sections, provenance: provenanceOf(result) }
}

const titleOf = ({ runs }: Result) => `faultline: ${[...new Set(runs.map(({ scenario }) => scenario))].join(', ')}`

/** A section of runs that were interleaved under one load. */
export function sectionOf(runs: readonly Run[], result: Result, varied: readonly string[] = []): Section {
  const [first] = runs as readonly [Run, ...Run[]]
  const scenario = scenarioOf(first)
  return {
    title: [`${first.scenario} on ${first.machine}`, ...varied.map((name) => `${name} ${first.params[name]}`)].join(
      ', ',
    ),
    about: [scenario?.asks ?? '', circumstancesOf(first, scenario)].filter((text) => text !== '').join(' '),
    answers: answersOf(scenario, runs).map(({ verdict, text }) => ({ verdict, text })),
    warnings: [
      ...runs.flatMap(({ variant, error }) => (error === null ? [] : [`${variant} failed: ${error.message}`])),
      ...warningLines(runs).map((line) => line.replace(/^! /, '')),
    ],
    figures: figuresOf(runs, scenario, result),
  }
}
