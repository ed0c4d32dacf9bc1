import { APIC_ACCESS_PAGE_PRIVATE_MEMSLOT, APIC_DEFAULT_GFN } from '../../protocols/apic/apic-page.ts'
import { migrateApicPage } from '../../protocols/apic/migration.ts'
import { assertApicAccess } from '../../protocols/apic/oracles.ts'
import { notifyEnd, notifyStart } from '../../protocols/mmu-notifier.ts'
import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import type { Check } from '../check.ts'
import { checkedVariants } from './checked-variants.ts'
import { entersGuest, leavesGuest, writesInGuest } from './guest-acts.ts'
import { declaredOf, type SmallConfiguration, smallProgram } from './small-configuration.ts'
import { type Act, inTurn } from './vm-program.ts'

const GFN = 0x2000
const HVA = 0x1000
const APIC = APIC_DEFAULT_GFN as Gfn
const APIC_HVA = 0x2000

/** The guest writes to the page that the address of its APIC leads to. */
const touch = (gfn: Gfn): Act =>
  function* (cpu, vm) {
    const isDone = yield* writesInGuest(gfn)(cpu, vm)
    if (isDone) assertApicAccess(cpu, vm, vm.vcpus[cpu.id]!, gfn)
  }

/** Uses its APIC, and its memory without it. */
const guest: Act = inTurn(entersGuest, touch(APIC), leavesGuest)
const guestTwice: Act = inTurn(entersGuest, touch(APIC), touch(APIC), leavesGuest)
const stays: Act = inTurn(entersGuest, touch(GFN as Gfn), touch(GFN as Gfn), leavesGuest)

/** The host moves the APIC-access page. */
const move: Act = function* (cpu, vm) {
  yield* migrateApicPage(cpu, vm, APIC_HVA as Hva, 1, 1)
}

/** A pair for memory of the guest's: the range of both together holds the APIC's page too. */
const invalidatesOther: Act = function* (cpu, vm) {
  yield* notifyStart(cpu, vm, HVA as Hva, (HVA + 1) as Hva)
  yield* notifyEnd(cpu, vm, HVA as Hva, (HVA + 1) as Hva)
}

type Small = SmallConfiguration & {
  readonly vcpus: number
  readonly x2apic: number
}

const CONFIGURATIONS: Readonly<Record<string, Small>> = {
  'one-move': {
    says: 'a vCPU uses its APIC while the page moves',
    vcpus: 1,
    x2apic: 0,
    acts: [
      ['vcpu0', guest],
      ['notifier', move],
    ],
  },
  'two-touches': {
    says: 'a vCPU uses its APIC twice, and the page moves',
    vcpus: 1,
    x2apic: 0,
    acts: [
      ['vcpu0', guestTwice],
      ['notifier', move],
    ],
  },
  'in-guest': {
    says: 'a vCPU is in the guest, with no need of its APIC, when the page moves',
    vcpus: 1,
    x2apic: 0,
    acts: [
      ['vcpu0', stays],
      ['notifier', move],
    ],
  },
  x2apic: {
    says: 'a vCPU in x2APIC mode has the page in its TLB as normal memory',
    vcpus: 1,
    x2apic: 1,
    acts: [
      ['vcpu0', guestTwice],
      ['notifier', move],
    ],
  },
  'two-notifiers': {
    says: 'a vCPU enters the guest while a notifier moves the page, and another invalidates other memory',
    vcpus: 1,
    x2apic: 0,
    acts: [
      ['vcpu0', inTurn(entersGuest, leavesGuest)],
      ['notifier0', move],
      ['notifier1', invalidatesOther],
    ],
    isLarge: ['relaxed'],
  },
  'two-moves': {
    says: 'a vCPU enters the guest while two notifiers move the page',
    vcpus: 1,
    x2apic: 0,
    acts: [
      ['vcpu0', inTurn(entersGuest, leavesGuest)],
      ['notifier0', move],
      ['notifier1', move],
    ],
    isLarge: true,
  },
}

const STALE = ['stale_apic_write', 'stale_apic_entry'] as const

const declared: Check = {
  name: 'apic-page',
  asks: 'Does a vCPU ever run with the address of an APIC-access page that has moved?',
  ...checkedVariants('apic-page', 're-request', {
    'B-OLDPFN': { finds: STALE, in: 'one-move' },
    'B-NOSNAP': { finds: STALE, in: 'one-move' },
    'B-LOSTREQ': { finds: ['stale_apic_entry'], in: 'one-move' },
    'B-SKIPFLUSH': { finds: ['unlock_with_pending_flush', 'stale_use'], in: 'x2apic' },
    'B-REQAFTER': { finds: ['stale_apic_entry'], in: 'in-guest' },
    'B-APICLEAK': { finds: ['page_ref_leak'], in: 'one-move' },
  }),
  configurations: declaredOf(CONFIGURATIONS),
  patience: 1,
  program: (variant, configuration) => {
    const small = CONFIGURATIONS[configuration]!
    return smallProgram(variant, small, {
      vcpus: small.vcpus,
      memslots: [
        { slot: 0, baseGfn: GFN, hva: HVA, pages: 1 },
        { slot: APIC_ACCESS_PAGE_PRIVATE_MEMSLOT, baseGfn: APIC, hva: APIC_HVA, pages: 1 },
      ],
      apic: { gfn: APIC, x2apicVcpus: small.x2apic },
    })
  },
}
export default declared
