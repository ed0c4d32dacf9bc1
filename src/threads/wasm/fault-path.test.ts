import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXITING_GUEST_MODE } from '../../protocols/vcpu.ts'
import type { RolePlan } from '../../workers/roles.ts'
import type { SystemSpec } from '../../workers/system.ts'
import { compileVmFor, isInWasm, targetOf } from '../compile-for.ts'
import { loadDirectBuild } from '../direct.ts'
import { cpuFor } from '../for-words.ts'
import { allocate } from '../memory.ts'
import { compileVm } from './compile-system.ts'
import { ONE_VCPU } from './one-vcpu.contract.ts'

const opened = await loadDirectBuild('opened')

const BASE = 1 << 20
const PAGES = 1500
const SYSTEM: SystemSpec = {
  ...ONE_VCPU,
  memslots: [{ slot: 0, baseGfn: BASE, hva: 1 << 29, pages: PAGES }],
}
const TOUCHES = {
  kind: 'touch',
  hotGfns: [BASE + 5, BASE + 6, BASE + PAGES],
  hotPerMille: 300,
  firstGfn: BASE,
  pages: PAGES,
  seed: 7,
  everyNs: 0,
  startNs: 0,
} as const
const PLAN: RolePlan = { role: 'vcpu', sampleEvery: 0, accesses: TOUCHES }

/** Plays a vCPU, in JavaScript or compiled; returns all words of the VM, and what was left in JavaScript. `kickEvery`: it is kicked before each of so many accesses. */
function played(system: SystemSpec, isCompiled: boolean, plan = PLAN, kickEvery = 0) {
  const { place, vm } = opened.buildSystem(system)
  const memory = allocate(place, 'wasm', 2)
  vm.initialise(memory.words)
  const cpu = cpuFor(0, memory)
  const left = isCompiled ? compileVmFor(vm, opened.runRole, cpu, memory) : []
  let turns = 0
  cpu.running = () => {
    turns += 1
    if (kickEvery > 0 && turns % kickEvery === 0) memory.words[vm.vcpus[0]!.mode] = EXITING_GUEST_MODE
    return turns < 2500
  }
  opened.runRole(cpu, vm, plan)
  const { buffer, byteOffset, byteLength } = memory.words
  return { words: Buffer.from(buffer, byteOffset, byteLength), left }
}

const INSTRUMENTS: readonly Partial<SystemSpec>[] = [
  {},
  { oracles: true, lockStatistics: true, lockdep: true, hugePerMille: 300 },
]
for (const variant of ['v5.15', 'v6.5', 'v6.18', 'precheck'] as const) {
  test(`the fault path of ${variant} is compiled whole, and does to the words what its JavaScript does`, () => {
    for (const instruments of INSTRUMENTS) {
      const system = { ...SYSTEM, variant, ...instruments }
      const compiled = played(system, true)
      assert.deepEqual(compiled.left, [])
      assert.ok(compiled.words.equals(played(system, false).words))
    }
  })
}

test('lockdep is compiled whole: a fault that it watches calls nothing of it in JavaScript', () => {
  const { place, vm } = opened.buildSystem({ ...SYSTEM, lockdep: true })
  const memory = allocate(place, 'wasm', 2)
  assert.ok(isInWasm(memory))
  const { functions, calls } = compileVm(vm, opened.runRole, targetOf(0, memory, false))
  assert.deepEqual(
    functions.map(({ name }) => name),
    ['accessGuestMemory', 'resolve', 'untimedStep'],
  )
  assert.deepEqual(calls, [])
})

test('what cannot be compiled is called in JavaScript, with what it was given', () => {
  const system = { ...SYSTEM, variant: 're-request', apic: { gfn: BASE + 5, x2apicVcpus: 0 }, oracles: true } as const
  const compiled = played(system, true)
  assert.deepEqual(compiled.left, [])
  assert.ok(compiled.words.equals(played(system, false).words))
})

test('a recorded fault may take more than the usual time, and not a whole multiple of it', () => {
  const accesses = {
    kind: 'recorded',
    atNs: new Float64Array(0),
    gfns: Int32Array.from({ length: 100 }, (_, index) => BASE + index * 3),
    mapUnits: new Float64Array(100).fill(1.25),
    startNs: 0,
  } as const
  const plan: RolePlan = { role: 'vcpu', sampleEvery: 0, accesses }
  assert.ok(played(SYSTEM, true, plan).words.equals(played(SYSTEM, false, plan).words))
})

test('a vCPU that is kicked, and some of whose faults are timed, does the same too', () => {
  for (const sampleEvery of [0, 3]) {
    const plan = { ...PLAN, sampleEvery }
    assert.ok(played(SYSTEM, true, plan, 7).words.equals(played(SYSTEM, false, plan, 7).words))
  }
})

test('with shadow paging the fault path does the same too', () => {
  const system = { ...SYSTEM, mmu: 'shadow', oracles: true } as const
  const compiled = played(system, true)
  assert.deepEqual(compiled.left, [])
  assert.ok(compiled.words.equals(played(system, false).words))
})
