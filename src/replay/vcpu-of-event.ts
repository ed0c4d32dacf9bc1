import { Field } from './field.ts'
import type { TraceLine } from './trace-line.ts'

const VCPU = new Field('vcpu ')
const UPPER_VCPU = new Field('VCPU ')

/** The vCPU of an event; -1 if it does not name one. */
export function vcpuIn({ bytes, textStart, end }: TraceLine): number {
  const named = VCPU.find(bytes, textStart, end)
  const at = named < 0 ? UPPER_VCPU.find(bytes, textStart, end) : named
  const id = at < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, Math.min(at + 6, end)), 10)
  return Number.isNaN(id) ? -1 : id
}
