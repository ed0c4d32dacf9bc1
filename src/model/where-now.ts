import { basename } from 'node:path'
import type { SentSystem } from '../patches/code.ts'
import { placeInStack } from '../patches/place-in.ts'
import { readStepNames } from '../patches/step-names.ts'
import type { Machine } from './machine.ts'

/** Of a run that is given up: where in its patch the CPU is whose turn it is, as `, in my-yield.ts:12:3`; nothing if it is elsewhere. */
export function whereNow(machine: Machine, { variant }: SentSystem): string {
  if (typeof variant === 'string') return ''
  const stop = () => {
    throw new Error('stopped')
  }
  const stops = Object.fromEntries([...readStepNames().ofCpu].map((name) => [name, stop]))
  for (const cpu of machine.cpus) Object.assign(cpu, stops)
  try {
    machine.run(MOST_EVENTS)
  } catch (error) {
    const place = placeInStack((error as Error).stack ?? '', variant.modules.flat)
    if (place !== undefined) return `, in ${basename(variant.file)}:${place}`
  }
  return ''
}

const MOST_EVENTS = 1000
