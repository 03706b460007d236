/* Continues a long bulk action, request by request, while its page is open. */
document.querySelector("form[data-goes-on]")?.requestSubmit();
