import assert from 'node:assert/strict'
import { test } from 'node:test'
import { variant } from '../kernel.ts'
import { V6_18, VERSIONS } from '../kernels.ts'
import { mmuNotifierRelease } from '../memslots/release.ts'
import { type Act, inTurn } from '../testing.contract.ts'
import { stage2Of, writes } from './testing.contract.ts'

const PAGES_IN_BLOCK = 8192

test('on arm64 the end of a VM takes its table apart with mmu_lock free and without a flush, in every version', () => {
  for (const kernel of VERSIONS) {
    const small = stage2Of('64k', [inTurn(writes(0), writes(PAGES_IN_BLOCK + 1), mmuNotifierRelease)], kernel, false)
    small.stage.run(0)
    assert.deepEqual([kernel.name, ...small.violations, ...small.violationsAtRest], [kernel.name])
    assert.deepEqual([small.counted('leafs_zapped'), small.counted('tlbi_broadcast')], [2, 0], kernel.name)
    const { trace } = small.stage
    const unlocked = trace.findLastIndex((line) => /mmuLock/.test(line))
    const destroyed = trace.findLastIndex((line) => /store stage2\.tables/.test(line))
    assert.ok(unlocked < destroyed, `${unlocked} ${destroyed}`)
  }
})

test('between two chunks of a table that goes the scheduler may have the CPU since v6.19, and not before', () => {
  const points = VERSIONS.map((kernel) => {
    let asked = 0
    const counting = {
      ...kernel,
      kvm: {
        ...kernel.kvm,
        *condResched() {
          asked += 1
        },
      },
    }
    const small = stage2Of('64k', [inTurn(writes(0), mmuNotifierRelease)], counting, true)
    small.stage.run(0)
    return [kernel.name, asked]
  })
  assert.deepEqual(Object.fromEntries(points), {
    'v5.11': 0,
    'v5.12': 0,
    'v5.15': 0,
    'v6.5': 0,
    'v6.8': 0,
    'v6.12': 0,
    'v6.18': 0,
    'v7.1': 1,
  })
})

test('a table that was given back is there for the next VM', () => {
  const lives: Act[] = Array.from({ length: 6 }, () => inTurn(writes(0), writes(PAGES_IN_BLOCK), mmuNotifierRelease))
  const small = stage2Of('64k', [inTurn(...lives)], V6_18, false)
  small.stage.run(0)
  assert.deepEqual([...small.violations, ...small.violationsAtRest], [])
  assert.equal(small.counted('vm_teardowns'), 6)
})

test('an arm64 VM whose release does nothing stays mapped, and the host frees the memory', () => {
  const broken = variant({
    name: 'keeps-stage2',
    subject: 'icache',
    on: V6_18,
    kind: 'broken',
    reference: 'B-NORELEASE on arm64',
    says: 'memory stays mapped when the process that has the VM exits',
    caughtBy: ['mapped_after_release'],
    replaces: { *arm64FlushShadowAll() {} },
  })
  const small = stage2Of('64k', [inTurn(writes(0), mmuNotifierRelease)], broken, false)
  small.stage.run(0)
  assert.deepEqual(small.violations, ['mapped_after_release'])
})
