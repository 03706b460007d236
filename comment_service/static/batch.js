/* Goes on with a long decision about many, stretch after stretch, for as long as its page is open. */
document.querySelector("form[data-goes-on]")?.requestSubmit();
