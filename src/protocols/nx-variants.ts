import { NX_5_11, NX_READ_LOCK, NX_TWO_LISTS, NX_WRITE_LOCK, NX_WRITE_LOCK_SINGLE } from './nx/variants.ts'
import type { Rules } from './rules.ts'
import { PRECHECK } from './variants.ts'

// System 1: recovery of NX huge pages. Everything else is as upstream has it today.

export const READ_LOCK: Rules = { ...PRECHECK, nx: NX_READ_LOCK }
export const WRITE_LOCK_SINGLE: Rules = { ...PRECHECK, nx: NX_WRITE_LOCK_SINGLE }
export const WRITE_LOCK: Rules = { ...PRECHECK, nx: NX_WRITE_LOCK }
export const V5_11: Rules = { ...PRECHECK, nx: NX_5_11 }
export const TWO_LISTS: Rules = { ...PRECHECK, nx: NX_TWO_LISTS }
