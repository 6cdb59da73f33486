// The configuration of NATS: the section `nats` and the list `metric-store.nats-subscriptions`. Keys are those of
// cc-metric-store; pegel's own are `token`, `tls-*`, `queue-group` and all that has to do with streams.

import * as v from "valibot";
import type { StreamSubscription, Subscription } from "../nats/subscriptions.ts";
import type { NatsSettings, NatsTls } from "../runtime/nats-ports.ts";
import {
  expected,
  optionalParsed,
  optionalSecret,
  optionalSwitch,
  optionalText,
  parseClusterTag,
  section,
} from "./config-values.ts";
import { parseNatsAddress, parseNatsName, parseNatsSubject } from "./nats-values.ts";

const subscriptionKeys = section({
  "subscribe-to": v.pipe(
    optionalParsed("a NATS subject", parseNatsSubject),
    v.description('NATS subject, such as "hpc-nats" or "hpc.*.metrics"; with a stream: only this subject of it'),
  ),
  "cluster-tag": v.pipe(
    optionalParsed("a cluster name", parseClusterTag),
    v.description("cluster of the lines that name none"),
  ),
  "queue-group": v.pipe(
    optionalParsed("a name", parseNatsName),
    v.description("stores that give the same name share the messages"),
  ),
  stream: v.pipe(
    optionalParsed("the name of a stream", parseNatsName),
    v.description("JetStream stream to fetch from"),
  ),
  consumer: v.pipe(
    optionalParsed("the name of a consumer", parseNatsName),
    v.description("pull consumer of the stream that exists already"),
  ),
  durable: v.pipe(
    optionalParsed("the name of a consumer", parseNatsName),
    v.description("pull consumer of the stream that is made if it does not exist"),
  ),
  domain: v.pipe(optionalParsed("a name", parseNatsName), v.description("JetStream domain of the stream")),
});
type SubscriptionKeys = v.InferOutput<typeof subscriptionKeys>;

const isStream = ({ stream }: SubscriptionKeys): boolean => stream !== undefined;

const subscription = v.pipe(
  subscriptionKeys,
  v.forward(
    v.check(
      (given) => isStream(given) || given["subscribe-to"] !== undefined,
      'required key is missing: NATS subject, such as "hpc-nats"',
    ),
    ["subscribe-to"],
  ),
  v.check(
    (given) => !isStream(given) || (given.consumer === undefined) !== (given.durable === undefined),
    "with stream: expected either consumer (one that exists) or durable (made if it does not)",
  ),
  v.check(
    (given) => isStream(given) || (given.consumer ?? given.durable ?? given.domain) === undefined,
    "consumer, durable and domain go with stream",
  ),
  v.check(
    (given) => !isStream(given) || given["queue-group"] === undefined,
    "queue-group: not with stream; stores that share a stream give the same consumer",
  ),
  v.transform(toSubscription),
);

export const subscriptionsSchema = v.pipe(
  v.nullish(v.array(subscription, expected("an array of subscriptions"))),
  v.description("NATS subjects and JetStream streams that carry line protocol"),
);

function toSubscription(given: SubscriptionKeys): Subscription {
  const { "subscribe-to": subject, "cluster-tag": cluster = "", "queue-group": queueGroup, stream, domain } = given;
  if (stream === undefined) {
    return { kind: "core", subject: subject ?? "", cluster, ...(queueGroup !== undefined && { queueGroup }) };
  }
  return {
    kind: "stream",
    stream,
    consumer: toConsumer(given),
    cluster,
    ...(subject !== undefined && { subject }),
    ...(domain !== undefined && { domain }),
  };
}

function toConsumer({ consumer, durable = "" }: SubscriptionKeys): StreamSubscription["consumer"] {
  return consumer === undefined ? { kind: "durable", name: durable } : { kind: "existing", name: consumer };
}

export const natsSchema = v.pipe(
  section({
    address: v.pipe(
      optionalParsed("a NATS URL", parseNatsAddress),
      v.description(
        'NATS server, such as "nats://localhost:4222", or several with commas between; also tls://, ws://, wss://',
      ),
    ),
    username: v.pipe(optionalText("a user name"), v.description("NATS user")),
    password: v.pipe(optionalSecret("a password"), v.description("password of the NATS user")),
    token: v.pipe(optionalSecret("a token"), v.description("NATS token")),
    "creds-file-path": v.pipe(optionalText("a file name"), v.description("NATS credentials file")),
    "tls-ca-file": v.pipe(
      optionalText("a file name"),
      v.description("PEM file with the CA of the server's certificate"),
    ),
    "tls-cert-file": v.pipe(optionalText("a file name"), v.description("PEM file with this client's certificate")),
    "tls-key-file": v.pipe(optionalText("a file name"), v.description("PEM file with the key of the certificate")),
    "tls-handshake-first": v.pipe(
      optionalSwitch(),
      v.description("TLS before the server's greeting, as with its handshake_first"),
    ),
  }),
  v.check(
    (nats) => (nats["tls-cert-file"] === undefined) === (nats["tls-key-file"] === undefined),
    "tls-cert-file and tls-key-file must be given together",
  ),
  v.transform((nats): NatsSettings | undefined => {
    const { address } = nats;
    if (address === undefined) return undefined;
    const tls = toTls(nats["tls-ca-file"], nats["tls-cert-file"], nats["tls-key-file"], nats["tls-handshake-first"]);
    const credsFile = nats["creds-file-path"];
    return {
      servers: address.servers,
      ...withoutAbsent({
        user: nats.username ?? address.user,
        password: nats.password ?? address.password,
        token: nats.token ?? address.token,
        credsFile,
      }),
      ...(tls !== undefined && { tls }),
    };
  }),
);
/** Undefined: NATS is not used. */
export type NatsConfig = v.InferOutput<typeof natsSchema>;

function toTls(
  caFile: string | undefined,
  certFile: string | undefined,
  keyFile: string | undefined,
  handshakeFirst: boolean | null | undefined,
): NatsTls | undefined {
  if (caFile === undefined && certFile === undefined && handshakeFirst !== true) return undefined;
  return { ...withoutAbsent({ caFile, certFile, keyFile }), ...(handshakeFirst === true && { handshakeFirst }) };
}

type Present<Fields> = { readonly [Key in keyof Fields]?: NonNullable<Fields[Key]> };

/** Without the members that are undefined. */
function withoutAbsent<Fields extends Readonly<Record<string, string | undefined>>>(fields: Fields): Present<Fields> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what was undefined is gone
  return Object.fromEntries(present) as Present<Fields>;
}
