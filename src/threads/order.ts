import { arch } from 'node:os'

/**
 * Whether the host keeps loads in order, and stores in order, plain ones too. Where it does not, as on Arm, an atomic load lets
 * plain accesses before it come after it, and an atomic store those after it before: barriers and oracles must then do something.
 */
export const KEEPS_ORDER = arch() === 'x64'
