// What a page says aloud to who does not see it. Pages show; this alone speaks: nothing that is
// shown is a live region, so that nothing is said twice.

export { announcer } from "./announcer.js";
export { type Clock, systemClock, Voice } from "./voice.js";
