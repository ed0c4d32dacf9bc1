/** Signals that tell the program to end, with the exit code that a shell gives for each. */
export const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
export type SignalName = keyof typeof SIGNALS

/** What is true of a command until it says otherwise. */
export const KEEPS_NOTHING = 'Nothing was kept.'

export const interruptedText = (signal: string, keeps: string): string =>
  `faultline: interrupted by ${signal}. ${keeps}\n`
