let attempts = 0;

/** Stands for a mailbox that is busy the first time. */
export function send({ to, letter }: { to: string; letter: string }) {
  attempts++;
  if (attempts === 1) throw Object.assign(new Error('try again'), { name: 'MailboxBusy' });
  return { receipt: `${letter.length} characters to ${to}, attempt ${attempts}` };
}
