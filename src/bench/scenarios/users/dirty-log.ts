import type { DirtyLogConfig } from '../../../protocols/vm-config.ts'
import type { RolePlan } from '../../../workers/roles.ts'
import { pauseUs, type Values } from '../../parameters.ts'
import { mmuLockUser } from './user.ts'

/** How the VMM logs dirty pages: for its own scenario, and for others that add it. */
export const LOG_PARAMETERS = {
  'log-protect': {
    kind: 'choice',
    says: 'clear: KVM_GET_DIRTY_LOG copies the log, and KVM_CLEAR_DIRTY_LOG protects the pages again (manual protect); get: the first does both',
    choices: ['clear', 'get'],
    default: 'clear',
  },
  'log-initially': {
    kind: 'choice',
    says: 'set: KVM_DIRTY_LOG_INITIALLY_SET, with manual protect: all pages count as dirty, so that the start takes no mmu_lock and flushes nothing; they are protected as they are cleared',
    choices: ['clear', 'set'],
    default: 'clear',
  },
  'log-eager': {
    kind: 'choice',
    says: 'eager_page_split, since 5.18: huge pages are split when logging begins, instead of when the guest writes to them',
    choices: ['yes', 'no'],
    default: 'yes',
  },
  'log-rounds': {
    kind: 'integer',
    says: 'how often the VMM asks for the log before it stops it',
    low: 0,
    high: 10_000,
    default: 2,
  },
  'log-clear-pages': {
    kind: 'integer',
    says: 'pages per KVM_CLEAR_DIRTY_LOG, a multiple of 64: mmu_lock is held once for all of them, with one flush',
    low: 64,
    high: 1 << 22,
    default: 1 << 18,
  },
  'log-pause-us': pauseUs('before the VMM asks for the log, and after it has stopped it', 300),
} as const

type LogValues = Values<typeof LOG_PARAMETERS>

/** KVM refuses KVM_DIRTY_LOG_INITIALLY_SET without KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE: -EINVAL. */
export const logConflict = (values: LogValues) =>
  values['log-initially'] === 'set' && values['log-protect'] === 'get'
    ? {
        says: 'log-initially=set needs log-protect=clear: KVM refuses KVM_DIRTY_LOG_INITIALLY_SET without manual protect',
        hint: 'Leave log-protect=get out, or use log-initially=clear.',
      }
    : undefined

export const logConfigOf = (values: LogValues, slot: number): DirtyLogConfig => ({
  slot,
  isManual: values['log-protect'] === 'clear',
  ...(values['log-initially'] === 'set' ? { isAllSet: true } : {}),
  isEager: values['log-eager'] === 'yes',
})

export const loggerRole = (values: LogValues, populateStep: number, isTimed: boolean): RolePlan => ({
  role: 'dirty-logger',
  log: {
    rounds: values['log-rounds'],
    clearPages: Math.ceil(values['log-clear-pages'] / 64) * 64,
    pauseNs: values['log-pause-us'] * 1000,
    populateStep,
  },
  isTimed,
})

/** The VMM that logs dirty pages. */
export const DIRTY_LOG = mmuLockUser({
  parameters: {
    'dirty-loggers': {
      kind: 'integer',
      says: 'VMMs that log the pages written by the guest, as for a live migration: 0 or 1',
      low: 0,
      high: 1,
      default: 0,
    },
    ...LOG_PARAMETERS,
  },
  roles: ({ values, sampleEvery }) =>
    Array.from({ length: values['dirty-loggers'] }, () => loggerRole(values, 0, sampleEvery > 0)),
  system: ({ values, memory }) => (values['dirty-loggers'] === 0 ? {} : { dirtyLog: logConfigOf(values, memory.slot) }),
})
