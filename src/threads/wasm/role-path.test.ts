import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COUNTER } from '../../protocols/counters.ts'
import { IN_GUEST_MODE } from '../../protocols/vcpu.ts'
import { Records } from '../../shared-memory/records.ts'
import type { InvalidationPlan } from '../../workers/invalidations.ts'
import type { RolePlan } from '../../workers/roles.ts'
import { shapeOf } from '../../workers/run-result.ts'
import type { SystemSpec } from '../../workers/system.ts'
import { isInWasm, targetOf } from '../compile-for.ts'
import { loadDirectBuild } from '../direct.ts'
import { cpuFor } from '../for-words.ts'
import { allocate } from '../memory.ts'
import { compileVm } from './compile-system.ts'
import { installCode } from './install.ts'
import { ONE_VCPU } from './one-vcpu.contract.ts'

const opened = await loadDirectBuild('opened')

const BASE = 1 << 20
const HVA = 1 << 29
const PAGES = 1200
const SYSTEM: SystemSpec = {
  ...ONE_VCPU,
  memslots: [
    { slot: 0, baseGfn: BASE, hva: HVA, pages: PAGES - 100 },
    { slot: 1, baseGfn: BASE + PAGES, hva: HVA + PAGES - 100, pages: 100 },
  ],
}
const TOUCHES: RolePlan = {
  role: 'vcpu',
  sampleEvery: 0,
  accesses: { kind: 'sweep', firstGfn: BASE, pages: PAGES - 100, everyNs: 0, startNs: 0 },
}
const PICKS = {
  kind: 'pick',
  ranges: [
    { startHva: HVA + 3, pages: 1, perMille: 200 },
    { startHva: HVA + 500, pages: 40, perMille: 300 },
    { startHva: HVA + PAGES - 120, pages: 60, perMille: 300 },
    { startHva: HVA + PAGES * 2, pages: 9, perMille: 200 },
  ],
  seed: 5,
  pauseNs: 0,
  everyNs: 0,
  startNs: 0,
  dwellNs: 0,
  isNested: true,
  overlaps: false,
  nonblockPerMille: 100,
} as const satisfies InvalidationPlan
const INVALIDATES: RolePlan = { role: 'notifier', isTimed: false, invalidations: PICKS }
const zaps = (kind: 'zap' | 'wrprot'): RolePlan => ({
  role: 'zapper',
  zap: { kind, firstGfn: BASE, pages: PAGES - 100, chunk: 90, pauseNs: 0 },
})
const roleOf = (plan: RolePlan) => (plan.role === 'zapper' && plan.zap.kind !== 'recorded' ? plan.zap.kind : 'notifier')

type Way = { readonly isCompiled: boolean; readonly isContended: boolean }

/**
 * Plays a vCPU, which maps pages, and the role in turns, the role in JavaScript or compiled; returns all words of the VM, what the role
 * has counted, and what was left in JavaScript. The vCPU is in guest mode when the role comes, and leaves it once it is waited for.
 */
function played(system: SystemSpec, plan: RolePlan, { isCompiled, isContended }: Way) {
  const { place, vm } = opened.buildSystem(system)
  const { vm: vmOfRole } = opened.buildSystem(system)
  const shape = shapeOf(place, 2)
  const memory = allocate(place, 'wasm', 2, Records.countWords(shape))
  assert.ok(isInWasm(memory))
  vm.initialise(memory.words)
  const records = new Records(shape, Records.buffers(shape, SharedArrayBuffer, memory.counts)).of(1)
  const [vcpu, cpu] = [cpuFor(0, memory), cpuFor(1, memory)]
  let turns = 0
  vcpu.running = () => turns++ % 400 !== 399
  const { mode } = vm.vcpus[0]!
  cpu.untilClear = (word, mask) => {
    assert.equal(word, mode)
    memory.words[word]! &= ~mask
    return memory.words[word]!
  }
  cpu.running = () => {
    turns += 1
    memory.words[mode] = turns % 3 === 0 ? IN_GUEST_MODE : 0
    return turns % 60 !== 59
  }
  cpu.keepStatistics(records)
  const target = targetOf(1, memory, system.lockStatistics, 'never', shape.counters, 'never')
  const code = compileVm(vmOfRole, opened.runRole, target, roleOf(plan))
  if (isCompiled) installCode(code, vmOfRole, cpu, memory.wasm, opened.runRole)
  const contended = place.entries.find(({ name }) => name.startsWith('mmuLock') && /wait/i.test(name))
  for (let round = 0; round < 4; round += 1) {
    memory.words[mode] = 0
    opened.runRole(vcpu, vm, TOUCHES)
    if (isContended) memory.words[contended!.word] = 1
    opened.runRole(cpu, vmOfRole, plan)
    if (isContended) memory.words[contended!.word] = 0
  }
  const { buffer, byteOffset, byteLength } = memory.words
  return { words: Buffer.from(buffer, byteOffset, byteLength), counts: [...records.counters], ...code }
}

/** mmu_lock is contended all the time: a walk drops it at each step that it may. */
const WAYS = [
  { isContended: false, instruments: {} },
  { isContended: true, instruments: { oracles: true, lockdep: true, hugePerMille: 300 } },
] as const
const ALL = [INVALIDATES, zaps('zap'), zaps('wrprot')]
const PLANS = {
  'v5.15': [INVALIDATES, zaps('zap')],
  'v6.5': [INVALIDATES],
  'v6.18': ALL,
  precheck: [INVALIDATES],
} as const
for (const [variant, plans] of Object.entries(PLANS)) {
  for (const plan of plans) {
    test(`${roleOf(plan)} of ${variant} is compiled whole, and does to the words what its JavaScript does`, () => {
      for (const { isContended, instruments } of WAYS) {
        const system = { ...SYSTEM, variant, ...instruments } as SystemSpec
        const compiled = played(system, plan, { isCompiled: true, isContended })
        const plain = played(system, plan, { isCompiled: false, isContended })
        assert.deepEqual(compiled.left, [])
        assert.deepEqual(compiled.counts, plain.counts)
        assert.ok(compiled.words.equals(plain.words))
        const counted = roleOf(plan) === 'wrprot' ? COUNTER.sptes_wrprotected : COUNTER.leafs_zapped
        assert.ok(plain.counts[counted]! > 0)
        assert.equal(plain.counts[COUNTER.yield_needbreak]! > 0, isContended)
      }
    })
  }
}
