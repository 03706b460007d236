/*
 * The browser's side of a passkey: the form contains the options and sends the answer. All texts
 * come from the server.
 */
(() => {
  "use strict";
  if (!globalThis.PublicKeyCredential || !navigator.credentials) return;
  const box = document.querySelector(".window-passkeys");
  const failed = document.querySelector(".window-passkeys-failed");
  document.querySelector(".window-passkeys-missing").hidden = true;
  box.hidden = false;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const read = (form) => {
    const options = JSON.parse(form.dataset.options);
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    for (const known of options.excludeCredentials ?? []) known.id = bytes(known.id);
    const name = form.elements.name?.value;
    if (options.user && name) options.user.name = options.user.displayName = name;
    return options;
  };

  const written = ({ id, rawId, type, response }) => {
    const told = { clientDataJSON: text(response.clientDataJSON) };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[part]) told[part] = text(response[part]);
    }
    if (response.getTransports) told.transports = response.getTransports();
    return JSON.stringify({ id, rawId: text(rawId), type, response: told });
  };

  let busy = false;
  box.addEventListener("submit", async (event) => {
    const form = event.target;
    event.preventDefault();
    if (busy) return;
    busy = true;
    failed.hidden = true;
    try {
      const credential = await navigator.credentials[form.dataset.passkey]({ publicKey: read(form) });
      form.elements.answer.value = written(credential);
      form.submit();
    } catch {
      failed.hidden = false;
      busy = false;
    }
  });
})();
