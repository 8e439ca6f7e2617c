/** How XState names the events of an actor's end: each begins so, and ends with the actor's id. */
export const DONE_ACTOR = 'xstate.done.actor.';
export const ERROR_ACTOR = 'xstate.error.actor.';
