import { violationsAtRest } from '../../protocols/at-rest.ts'
import { ORACLE, ORACLES, type OracleName } from '../../protocols/oracles.ts'
import type { Vm } from '../../protocols/vm.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { broughtBy, buildSystem, type Protocol, type SystemSpec } from '../../workers/system.ts'
import type { Actor, Finding, Program } from '../program.ts'

/** The action of a CPU in a check. */
export type Act = (cpu: Cpu, vm: Vm) => Steps<unknown>

/** A small VM: two pages of memory, TLBs of one entry, all oracles. */
export const SMALL = {
  mmu: 'tdp',
  preempt: 'full',
  tlbEntries: 1,
  hugePerMille: 0,
  oracles: true,
  lockStatistics: true,
  pendingLoops: 1,
} as const

export const inTurn = (...acts: readonly Act[]): Act =>
  function* (cpu, vm) {
    for (const act of acts) yield* act(cpu, vm)
  }

/**
 * A VM and its actors, each on the CPU of its index. Each actor has its own VM object for its local state; the shared
 * memory has the same layout in all. `before`: run by the first actor alone, before the others start.
 */
export function vmProgram(
  asked: SystemSpec,
  acts: readonly (readonly [name: string, act: Act])[],
  before?: Act,
): Program {
  const spec = { ...asked, numaNodes: acts.map((_, cpu) => cpu % 2) }
  // The house rules, which hold for patches too, know no other way to take a step.
  const actor = (name: string, act: Act): Actor => ({
    name,
    start: (cpu) => act(cpu, buildSystem(spec).vm),
    onlyDelegates: true,
    reuses: { build: () => buildSystem(spec).vm, start: (cpu, vm) => act(cpu, vm as Vm) },
  })
  const { place, vm } = buildSystem(spec)
  const memory = new Int32Array(place.words)
  vm.initialise(memory)
  if (spec.isPfnmap) vm.host.populate(memory)
  return {
    place,
    memory,
    ...(before === undefined ? {} : { before: actor('before', before) }),
    actors: acts.map(([name, act]) => actor(name, act)),
    findingOf: (oracle, value) =>
      oracle === ORACLE.lock_not_held
        ? notHeld(place.locks[value]!.name)
        : { ...findingOf(spec.variant, oracle), value },
    atRest: (words) => violationsAtRest(vm, words).map(({ oracle, value }) => findingAtRest(oracle, value)),
    required: [],
  }
}

/** The sentence of a violated oracle of ours or of a patch. */
const findingOf = (protocol: Protocol, oracle: number): Omit<Finding, 'value'> =>
  ORACLES[oracle] ?? broughtBy(protocol)!.oracles[oracle - ORACLES.length]!

/** The value of the violation identifies the lock. */
const notHeld = (lock: string): Finding => ({
  name: 'lock_not_held',
  says: `${lock} was released by a CPU that did not hold it: lockdep says "bad unlock balance detected"`,
  value: 0,
})

const findingAtRest = (oracle: OracleName, value: number): Finding => ({
  ...ORACLES.find(({ name }) => name === oracle)!,
  value,
})
