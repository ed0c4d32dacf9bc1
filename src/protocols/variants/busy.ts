/** One small list of possible NX huge pages, which is recovered all the time while the guest is at it. */
export const BUSY = { 'memory-mib': '16', 'period-us': '0', ratio: '2', 'recoverable-share': '90' }
