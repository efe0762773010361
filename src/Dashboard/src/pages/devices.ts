// Silos with their devices, who holds them, and who waits.

import { h, show } from '../dom';
import { count, plural } from '../format';
import { listen } from '../live';
import { facts, link, section, table } from '../parts';
import { path } from '../api';
import type { JobRequest, SchedulerRecord } from '../records';

const SHOWN = 100;

export async function devicesPage(place: HTMLElement, signal: AbortSignal): Promise<void> {
  show(place, h('h1', {}, 'Devices and queue'), h('p', { class: 'quiet' }, 'Loading …'));
  await listen('topic=scheduler', signal, (kind, content) => {
    if (kind === 'scheduler') {
      show(place, h('h1', {}, 'Devices and queue'), body(content as SchedulerRecord));
    }
  });
}

function body(record: SchedulerRecord) {
  const used = (silo: string, device: string) => record.leases.filter((lease) => lease.silo === silo && lease.device === device)
    .reduce((sum, lease) => sum + lease.request.slots, 0);
  const devices = record.silos.flatMap((silo) => silo.devices.length === 0
    ? [[silo.host, silo.silo, 'none', '–', '–']]
    : silo.devices.map((device) => [
      silo.host, silo.silo, device.name, `${used(silo.silo, device.name)} of ${device.slots}`,
      h('progress', {
        max: device.slots, value: used(silo.silo, device.name), 'aria-label': `Slots of ${device.name} on ${silo.host} in use`,
      }),
    ]));
  return [
    facts(
      ['silos', count(record.silos.length)],
      ['jobs running', count(record.leases.length)],
      ['jobs waiting', count(record.queue.length)]),
    section('Devices', table('Devices', ['host', 'silo', 'device', '#slots in use', ''], devices, 'No silo has told of itself yet.')),
    section('Running', table('Jobs that hold a device', ['job', 'experiment', 'device', 'silo', '#slots'], record.leases.map((lease) => [
      lease.request.what, experiment(lease.request), lease.device, lease.silo, count(lease.request.slots),
    ]), 'No job runs.')),
    section('Queue', table(
      record.queue.length > SHOWN ? `The first ${SHOWN} of ${plural(record.queue.length, 'job')}` : 'Jobs that wait, first to go first',
      ['job', 'experiment', 'needs', '#priority', ''],
      record.queue.slice(0, SHOWN).map((ticket) => [
        ticket.request.what, experiment(ticket.request), ticket.accelerator, count(ticket.request.priority), ticket.paused ? 'paused' : '',
      ]), 'No job waits.')),
  ];
}

function experiment(request: JobRequest) {
  const name = request.parent.key.split('/')[0]!;
  return link(`#/${path('experiments', name)}`, name);
}
