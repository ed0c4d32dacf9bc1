import { type Line, number } from '../../checker/line.ts'
import type { Replayed } from '../../checker/replay-schedule.ts'
import { commandText } from './command-text.ts'
import type { Figure, Page, Section } from './spec.ts'

/** A schedule that the checker found, and the exploration it came from. */
export type WitnessOf = {
  readonly check: string
  readonly variant: string
  readonly kernel?: string
  readonly configuration: string
  readonly schedule: string
  readonly replayed: Replayed
}

/** Witnesses as a page: the steps of each, one column a CPU, with the words' values after each step. */
export function witnessPage(witnesses: readonly WitnessOf[]): Page {
  return {
    title: `faultline: ${witnesses.map(({ check, variant }) => `${check} ${variant}`).join(', ')}`,
    sections: witnesses.map((witness, index) => ({ ...sectionOf(witness), shows: index === 0 ? 'all' : 'heading' })),
    provenance: witnesses.map(({ check, variant, configuration, schedule }) => [
      `${check} ${variant} in ${configuration}`,
      schedule,
    ]),
  }
}

function sectionOf(witness: WitnessOf): Section {
  const { check, variant, configuration, replayed } = witness
  const { findings, memoryModel } = replayed
  return {
    title: `${check}: ${variant} in ${configuration}`,
    gist: findings.map(({ name }) => name).join(', '),
    shows: 'all',
    about: `One execution that the checker found, with ${memoryModel === 'sc' ? 'sequentially consistent' : memoryModel} memory.`,
    answers: findings.map(({ name, says }) => ({ verdict: 'no', text: `${name}: ${says}` })),
    warnings: [],
    figures: [stepsFigure(witness)],
  }
}

function stepsFigure({ check, variant, kernel, configuration, schedule, replayed }: WitnessOf): Figure {
  const { program, lines } = replayed
  const actors = program.actors.map(({ name }) => name)
  const wordOf = ({ word }: Line) => (word < 0 ? '' : program.place.nameOf(word as never))
  return {
    title: 'the steps',
    kind: 'checked',
    caption:
      'Each row is a step of one CPU. Move through them with the slider; the table beside it shows the words written so far, with the last write marked.',
    command: commandText([
      'check',
      check,
      '--variant',
      variant,
      ...(kernel === undefined ? [] : ['--kernel', kernel]),
      '--configuration',
      configuration,
      '--replay',
      schedule,
    ]),
    body: {
      type: 'witness',
      actors,
      steps: lines.map((line) => ({
        actor: line.actor,
        text: `${line.site === '' ? '' : `${line.site}: `}${line.text.replace(' -> ', ' \u2192 ')}`,
        words: line.wrote ? [[wordOf(line), number(line.after)]] : [],
      })),
    },
    table: {
      columns: ['step', 'CPU', 'function', 'instruction', 'word', 'before', 'after'],
      rows: lines.map((line, index) => [
        String(index + 1),
        actors[line.actor]!,
        line.site,
        line.instruction,
        wordOf(line),
        line.word < 0 ? '' : number(line.before),
        line.word < 0 ? '' : number(line.after),
      ]),
    },
  }
}
