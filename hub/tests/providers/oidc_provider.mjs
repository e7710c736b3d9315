// A real OpenID Connect provider (certified: oidc-provider) for tests: argument 1 is the hub's redirect URI, argument 3 where it
// tells the hub who signed out (without it: nowhere). Anybody signs in under any name.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const frontend = createRequire(pathToFileURL(process.argv[3]));
const { Provider } = await import(pathToFileURL(frontend.resolve("oidc-provider")));
const server = (await import("node:http")).createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "runhere",
      client_secret: "client-secret-of-this-test",
      redirect_uris: [process.argv[2]],
      ...(process.argv[4] && { backchannel_logout_uri: process.argv[4], backchannel_logout_session_required: true }),
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email", "email_verified"] },
  conformIdTokenClaims: false,
  // Its own way connects to no special addresses, and the hub of a test is at 127.0.0.1.
  fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id} of elsewhere`, preferred_username: id, email: `${id}@example.org`, email_verified: true }),
  }),
  features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
});
server.on("request", provider.callback());
console.log(issuer);
