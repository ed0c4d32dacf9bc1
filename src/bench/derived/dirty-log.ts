import { type Metrics, per, type Tally } from './tally.ts'

/** The cost of dirty logging, by ioctl. */
export function dirtyLogMetrics(all: Tally): Metrics {
  const logger = all.of('dirty-logger')
  const stopping = logger.sum('tlb_flush_remote_log_stop', 'tlb_flush_remote_yield')
  return {
    ...per(logger.sum('dirty_log_starts'), (starts) => ({
      flushes_per_log_start: logger.sum('tlb_flush_remote_log_start') / starts,
    })),
    ...per(logger.sum('dirty_log_gets', 'dirty_log_clears'), (asked) => ({
      flushes_per_log_clear: logger.sum('tlb_flush_remote_log_clear') / (logger.sum('dirty_log_clears') || asked),
    })),
    ...per(logger.sum('dirty_log_stops'), (stops) => ({ flushes_per_log_stop: stopping / stops })),
    ...per(logger.sum('huge_pages_recovered'), (recovered) => ({ flushes_per_recovered: stopping / recovered })),
  }
}
