// What all threads agree on. Each places the same things in the same order and so gets the same words: no layout is sent.
import { Place, QRwLock, WatchedRwLock, wordAt } from 'faultline/shared-memory'

export const TELLERS = 2
export const AUDITORS = 2
export const WORKERS = TELLERS + AUDITORS
export const ACCOUNTS = 8
export const START_BALANCE = 1000
export const TRANSFERS = 10_000
export const AUDITS = 10_000

export function placeBank() {
  const place = new Place('bank')
  const lock = new WatchedRwLock(new QRwLock(place.within('lock'), WORKERS))
  const accounts = place.table('accounts', ACCOUNTS, 'the writer that holds the lock')
  return { place, lock, accountAt: (/** @type {number} */ index) => wordAt(accounts, index) }
}

/** Room for the statistics of all locks, as seen by each worker. */
export function statisticsOf(/** @type {Place} */ place) {
  return { cpus: WORKERS, counters: 0, histograms: 0, locks: place.locks.length, oracles: 0 }
}
