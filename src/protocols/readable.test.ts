import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu } from '../shared-memory/cpu.ts'
import { V6_8 } from './kernels.ts'
import { notifyEnd, notifyStart } from './mmu-notifier.ts'
import { Fault } from './page-fault.ts'
import { type Act, gfnOf, hvaOf, SmallVm } from './testing.contract.ts'
import type { Vm } from './vm.ts'

/** The files whose functions are at work when the actor takes a step, or counts or looks at anything. */
function filesOf(act: (cpu: Cpu, vm: Vm) => ReturnType<Act>, before: Act = function* () {}): string[] {
  const files = new Set<string>()
  const watchedBy = (cpu: Cpu): Cpu =>
    new Proxy(cpu, {
      get(target, key) {
        Error.stackTraceLimit = 100
        for (const [, file] of new Error().stack!.matchAll(/protocols[\\/]([\w\\/.-]+)\.(?:js|ts):/g)) files.add(file!)
        const value = Reflect.get(target, key, target) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  const small = new SmallVm([before, (cpu, vm) => act(watchedBy(cpu), vm)], V6_8, { oracles: false, vcpus: 2 })
  small.stage.run(0).run(1)
  assert.ok(small.stage.finish())
  return [...files].filter((file) => !/test|contract/.test(file)).sort()
}

const faults = (present: boolean) =>
  function* (cpu: Cpu, vm: Vm) {
    const fault = new Fault()
    fault.begin(gfnOf(5), present)
    return yield* vm.kvm.mmuPageFault(cpu, vm, fault)
  }

test('a page fault of v6.8, from the exit to the entry that it makes, is read in at most 8 files', () => {
  const files = new Set([...filesOf(faults(false)), ...filesOf(faults(true), faults(false))])
  assert.ok(files.has('fault') && files.has('map') && files.has('retry'), [...files].join(', '))
  assert.ok(files.size <= 8, [...files].join(', '))
})

test('the start and the end of an invalidation are in one file, with what they call to count it', () => {
  const pair = function* (cpu: Cpu, vm: Vm) {
    yield* notifyStart(cpu, vm, hvaOf(70), hvaOf(80))
    yield* notifyEnd(cpu, vm, hvaOf(70), hvaOf(80))
  }
  assert.deepEqual(filesOf(pair), [
    'memslots/memslots',
    'memslots/oracles',
    'memslots/swap',
    'mmu-notifier',
    'notifier',
  ])
})
