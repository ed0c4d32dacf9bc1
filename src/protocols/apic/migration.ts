import { type Hva, hvaAdd } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertUnmapped } from '../assertions.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { notifyEnd, notifyStart } from '../mmu-notifier.ts'
import type { Vm } from '../vm.ts'
import { apicPageTakenBack } from './oracles.ts'

/**
 * The host moves the APIC-access page, which lies at `hva`, as compaction does: `before` and `after` are the units of
 * `move_page` that pass between the start of the invalidation and the change of the PTE, and from there to the end.
 *
 * A page with references that are not accounted for is left alone before anything is raised: `isolate_migratepages_block()`.
 */
export function* migrateApicPage(cpu: Cpu, vm: Vm, hva: Hva, before: number, after: number): Steps<void> {
  const end = hvaAdd(hva, 1)
  const slot = yield* vm.memslots.nextOverlapping(cpu, NO_MEMSLOT, hva, end)
  if (slot === NO_MEMSLOT) return
  const gfn = yield* vm.memslots.firstGfn(cpu, slot, hva)
  const last = yield* vm.memslots.endGfn(cpu, slot, end)
  const page = yield* vm.memslots.hostPage(cpu, slot, gfn)
  const referenced = yield* vm.host.isReferenced(cpu, page)
  if (referenced) {
    cpu.count(COUNTER.apic_migrations_refused, 1)
    return
  }

  yield* notifyStart(cpu, vm, hva, end)
  assertUnmapped(cpu, vm, gfn, last)
  yield* cpu.work(WORK_KIND.move_page, before)
  const moved = yield* vm.host.move(cpu, page)
  yield* vm.kvm.invalidateRange(cpu, vm, hva, end)
  apicPageTakenBack(cpu, vm, moved)
  yield* cpu.work(WORK_KIND.move_page, after)
  yield* notifyEnd(cpu, vm, hva, end)
  cpu.count(COUNTER.apic_migrations, 1)
}
