// States that lead to one other only are not kept on large programs: that loses nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Exploration, programOf } from './exploration.ts'
import { exploring, reductionOf } from './exploring.ts'
import { LIMITS, type Limits } from './limits.ts'
import { loadChecks } from './load-checks.ts'
import { StateTable } from './pair/state-table.ts'
import type { Program } from './program.ts'
import { loadTraced } from './tracing/load-traced.ts'
import { Walk } from './walk.ts'

const CHECKS = await loadChecks()

/** `many`: states in the table from which on those are passed through. */
function walked(program: Program, limits: Limits, many: number) {
  const { machine, hooks } = exploring(program, limits, (slice) => slice(), 1e9)
  const walk = new Walk(machine, { ...limits, isOver: () => false }, reductionOf(machine), hooks)
  walk.visited = new StateTable(undefined, many)
  do {
    walk.beginRound()
    if (walk.start()) while (!walk.slice());
    walk.endRound()
  } while (walk.outcome.verdict === 'PASS' && walk.reduction?.isRefuted)
  const { executions, blocked, states } = walk.counts
  return { verdict: walk.outcome.verdict, executions, blocked, states, stored: walk.visited.stored }
}

function compare(program: Program, limits: Limits): void {
  const kept = walked(program, limits, 1e9)
  const passed = walked(program, limits, 0)
  assert.equal(passed.verdict, kept.verdict)
  if (kept.verdict !== 'PASS') return
  assert.deepEqual([passed.executions, passed.blocked], [kept.executions, kept.blocked])
  assert.equal(kept.stored, kept.states)
  assert.ok(passed.stored < passed.states, `${passed.stored} of ${passed.states} states are in the table`)
}

for (const [name, configuration, memory] of [
  ['precheck', 'one-vcpu', 'sc'],
  ['icache', 'twice', 'sc'],
  ['apic-page', 'one-move', 'sc'],
  ['precheck', 'one-vcpu', 'tso'],
] as const) {
  test(`the same executions with states that are passed through: ${name} in ${configuration}, ${memory}`, () => {
    const check = CHECKS.find((one) => one.name === name)!
    const variants = check.variants.slice(0, memory === 'sc' ? 2 : 1)
    for (const { name: variant } of variants) {
      compare(check.program(variant, configuration), { ...LIMITS, patience: check.patience, memory })
    }
  })
}

test('the same executions of programs that go round in circles', async () => {
  for (const lock of ['peterson', 'mcs', 'dekker', 'treiber-stack']) {
    const file = new URL(`../../examples/check-a-lock/locks/${lock}.js`, import.meta.url)
    const { cpus4: _, ...all } = (await loadTraced(file)) as Readonly<Record<string, Exploration<unknown>>>
    for (const one of Object.values(all)) compare(programOf(one), { ...LIMITS, depth: 500 })
  }
})
