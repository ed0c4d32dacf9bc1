import { type Program, parse } from 'acorn'
import { FaultlineError } from '../errors/faultline-error.ts'
import { checkModuleState } from './rules/module-state.ts'
import { type Problem, problemAt } from './rules/problem.ts'
import { checkSteps } from './rules/steps.ts'
import { checkWorld } from './rules/world.ts'
import { readStepNames } from './step-names.ts'

/** The exports of `faultline/kvm`, and which of them take steps. */
export type Door = { readonly names: ReadonlySet<string>; readonly steps: ReadonlySet<string> }

const MOST_SAID = 8

/** Holds the JavaScript of a patch to the rules that make one source fit three machines, or says where it breaks them. */
export function checkHouseRules(code: string, name: string, door: Door): void {
  refuseIfAny(problemsOf(parsed(code, name), door), name)
}

/** Says where a file breaks the rules, if it does. */
export function refuseIfAny(problems: readonly Problem[], name: string): void {
  if (problems.length === 0) return
  const lines = problems.slice(0, MOST_SAID).map(({ line, column, says }) => `${name}:${line}:${column}: ${says}`)
  const more = problems.length > MOST_SAID ? [`and ${problems.length - MOST_SAID} more`] : []
  throw new FaultlineError('PATCH_RULES', 'usage', [...lines, ...more].join('\n'), {
    hint: 'Nothing was run. docs/your-own-patch.md has the rules and their reasons.',
  })
}

export function problemsOf(tree: Program, door: Door): Problem[] {
  const problems: Problem[] = []
  const refuse = (...[node, says]: Parameters<typeof problemAt>) => void problems.push(problemAt(node, says))
  const names = readStepNames()
  checkWorld(tree, { names: door.names, types: names.types }, refuse)
  checkModuleState(tree, refuse)
  checkSteps(tree, names, door.steps, refuse)
  return problems.sort((a, b) => a.line - b.line || a.column - b.column)
}

export function parsed(code: string, name: string): Program {
  try {
    return parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
  } catch (cause) {
    const { message, loc } = cause as SyntaxError & {
      readonly loc?: { readonly line: number; readonly column: number }
    }
    const place = loc === undefined ? name : `${name}:${loc.line}:${loc.column + 1}`
    throw new FaultlineError('PATCH_UNREADABLE', 'usage', `${place}: ${message.replace(/ \(\d+:\d+\)$/, '')}`, {
      hint: 'Correct the line; nothing was run.',
      cause,
    })
  }
}
