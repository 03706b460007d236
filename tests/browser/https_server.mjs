// The certified OpenID Connect provider `oidc-provider`, with three people and one client: ours.
// node certified.mjs PORT REDIRECT_URI
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.2:${port}`;
const people = {
  ada: { sub: "ada", name: "Ada of the certified", email: "ada@example.org", email_verified: true },
  carol: { sub: "carol", name: "Carol of the certified" },
  bob: { sub: "bob", name: "Bob of the certified" },
};
const provider = new Provider(issuer, {
  clients: [{ client_id: "comments", client_secret: "a secret of the client", redirect_uris: [redirect] }],
  claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
  findAccount: (_context, id) => ({ accountId: id, claims: () => people[id] ?? { sub: id } }),
  pkce: { required: () => true },
  cookies: { keys: ["of a trial"] },
});
provider.listen(Number(port), "127.0.0.2", () => console.log(`listening at ${issuer}`));
