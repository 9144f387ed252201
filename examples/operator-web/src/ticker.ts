// A second's beat from a worker: in a tab that is not looked at, a page's own timers are held back
// to one a minute, and a patron would wait unheard.

setInterval(() => postMessage(0), 1000);
