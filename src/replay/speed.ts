import { ReplayError } from '../errors/faultline-error.ts'

/** The factor of the replay's speed; `max`: each role as fast as it is served, repeatedly. */
export type Speed = number | 'max'

export function parseSpeed(text: string): Speed {
  if (text === 'max') return text
  const speed = Number(text)
  if (text.trim() !== '' && Number.isFinite(speed) && speed > 0) return speed
  throw new ReplayError(`the speed is ${JSON.stringify(text)}, not a positive number`, 'Give 1, 10, or max.')
}

/** When something recorded at `atNs` is due. */
export const paced = (atNs: number, speed: number): number => atNs / speed
