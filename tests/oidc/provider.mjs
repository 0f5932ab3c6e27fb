// An OpenID Connect provider for the tests: `node provider.mjs PORT`. Clients are machines, each with the roles in its name;
// `billing` gets tokens for another audience, `brief` gets tokens that are over after a second. Keys are new at each start.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const AUDIENCE = "https://vigil.example.org";

const key = (type, options, alg) => {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: "jwk" }), alg, use: "sig", kid: `${alg}-${randomUUID()}` };
};
const client = (client_id) => ({
  client_id,
  client_secret: `secret-of-${client_id}`,
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
});

const provider = new Provider(issuer, {
  clients: ["viewer", "reviewer", "auditor", "nobody", "billing", "brief"].map(client),
  jwks: { keys: [key("rsa", { modulusLength: 2048 }, "RS256"), key("ec", { namedCurve: "P-256" }, "ES256")] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => AUDIENCE,
      getResourceServerInfo: (_ctx, _resource, of) => ({
        scope: "desk",
        audience: of.clientId === "billing" ? "https://billing.example.org" : AUDIENCE,
        accessTokenFormat: "jwt",
        accessTokenTTL: of.clientId === "brief" ? 1 : 600,
        jwt: { sign: { alg: of.clientId === "reviewer" ? "ES256" : "RS256" } },
      }),
    },
  },
  extraTokenClaims: (_ctx, token) => ({ groups: token.clientId === "nobody" ? [] : [`desk-${token.clientId}`] }),
});

provider.listen(port, "127.0.0.1", () => console.log(`listening at ${issuer}`));
