import type { Kernel } from '../../protocols/kernel.ts'
import type { Check } from '../check.ts'
import type { Program } from '../program.ts'
import { checkedVariants } from './checked-variants.ts'
import { NESTED_CONFIGURATIONS } from './nx-nested-configurations.ts'
import { ALL, NX, type Small } from './nx-small-vm.ts'
import { TDP_CONFIGURATIONS } from './nx-tdp-configurations.ts'
import { declaredOf, smallProgram } from './small-configuration.ts'

const CONFIGURATIONS = { ...TDP_CONFIGURATIONS, ...NESTED_CONFIGURATIONS }

const LOST = ['flush_lost', 'unlock_with_pending_flush', 'free_before_flush', 'stale_walk'] as const

const declared: Check = {
  name: 'nx-recovery',
  asks: 'Does any CPU use a page table that NX recovery has freed, and does recovery do every flush that it must?',
  ...checkedVariants('nx-recovery', 'read-lock', {
    'write-lock': { finds: ['skipped_leaf'], in: 'left-root', holdsElsewhere: true },
    'write-lock-5.15': {
      finds: ['skipped_leaf', 'root_use_after_free'],
      in: ['left-root', 'unmapped-root'],
      holdsElsewhere: true,
    },
    'B-DROP': { finds: LOST, in: 'walked' },
    'B-RCU': { finds: LOST, in: 'walked' },
    'B-ASSIGN': { finds: LOST, in: 'two-tables' },
    'B-ROOTS': { finds: ['unlock_with_pending_flush'], in: 'two-roots' },
    'B-P5': { finds: ['unlock_with_pending_flush', 'stale_use'], in: 'two-roots' },
    'B-ITER': { finds: ['skipped_leaf'], in: 'left-root' },
    'B-ROOTWALK': { finds: ['root_use_after_free'], in: 'unmapped-root' },
    'B-NOTRACKCHK': { finds: ['nx_list_corrupt'], in: 'linked-below' },
    'B-SIDE': { finds: ['lock_wrong_side'], in: 'wanted' },
  }),
  configurations: declaredOf(CONFIGURATIONS),
  patience: 1,
  program: (variant, configuration) => program(variant, CONFIGURATIONS[configuration]!),
}
export default declared

function program(variant: string | Kernel, small: Small): Program {
  const { vcpus, nx, memslots = [ALL] } = small
  return smallProgram(variant, small, { vcpus, memslots, nx: { ...NX, ...nx } })
}
