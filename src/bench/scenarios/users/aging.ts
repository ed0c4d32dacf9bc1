import type { AgingPlan } from '../../../workers/ager.ts'
import { pauseUs } from '../../parameters.ts'
import { mmuLockUser } from './user.ts'

/** Entries of a page table: the part that a walk of MGLRU scans before it yields. */
const PAGE_TABLE = 512

/** The notifier that a task raises, and the number of entries per call. */
const TASKS: Readonly<Record<'mglru' | 'reclaim' | 'damon', Pick<AgingPlan, 'kind' | 'batch'>>> = {
  mglru: { kind: 'clear-young', batch: PAGE_TABLE },
  reclaim: { kind: 'clear-flush-young', batch: 1 },
  damon: { kind: 'test-young', batch: 1 },
}

/** Tasks of the host that ask which pages the guest uses. */
export const AGING = mmuLockUser({
  parameters: {
    agers: {
      kind: 'integer',
      says: 'tasks of the host that query which pages the guest uses, and clear the Accessed bits',
      low: 0,
      high: 8,
      default: 0,
    },
    aging: {
      kind: 'choice',
      says: 'mglru: clear_young of 512 entries of the page table of the host in one go; reclaim: clear_flush_young of one; damon: test_young of one',
      choices: ['mglru', 'reclaim', 'damon'],
      default: 'mglru',
    },
    'age-pause-us': pauseUs('pause between two rounds of such a task', 100),
  },
  roles: ({ values, memory, sampleEvery }) =>
    Array.from({ length: values.agers }, () => ({
      role: 'ager',
      isTimed: sampleEvery > 0,
      aging: {
        ...TASKS[values.aging],
        firstGfn: memory.baseGfn,
        startHva: memory.hva,
        pages: memory.pages,
        pauseNs: values['age-pause-us'] * 1000,
      },
    })),
})
