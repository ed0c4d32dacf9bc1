import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Listing } from './listing.ts'

const STORE = fileURLToPath(new URL('./listing.stored', import.meta.url))

/** Called by the build, so that `list` loads neither the scenarios nor their protocols. */
export function storeListing(listing: Listing): void {
  const own = `${STORE}.${randomUUID()}`
  writeFileSync(own, JSON.stringify(listing))
  renameSync(own, STORE)
}

export const readListing = (): Listing => JSON.parse(readFileSync(STORE, 'utf8')) as Listing
