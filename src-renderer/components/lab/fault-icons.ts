import { ClockAlert, Database, HardDrive, Hourglass, Link2Off, Percent, ShieldOff, Unplug } from '@lucide/vue'
import type { Component } from 'vue'
import type { FaultKind } from '@api/faults'

export const FAULT_ICONS = {
  'cut-link': Link2Off,
  'slow-link': Hourglass,
  'lossy-link': Percent,
  'slow-disk': HardDrive,
  'full-disk': Database,
  'refuse-clients': ShieldOff,
  'drop-ensemble': Unplug,
  'skew-clock': ClockAlert
} as const satisfies Record<FaultKind, Component>
