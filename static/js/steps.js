// On a narrow screen the way through the job is longer than the page: show the step one is at, and what comes next.

const way = document.querySelector(".job-steps");
const here = way?.querySelector("[aria-current]") ?? way?.querySelector(".next");
if (here) way.scrollLeft = here.offsetLeft - way.offsetLeft - way.clientWidth / 4;
