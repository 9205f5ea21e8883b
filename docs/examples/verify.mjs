// Is this request Nod's? Body on standard input, headers as a CGI server sets them; exit 1: no.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

function isNods(secret, id, timestamp, signatures, body) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const hmac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body);
  const ours = Buffer.from("v1," + hmac.digest("base64"));
  const isOurs = signatures
    .split(" ")
    .map((one) => Buffer.from(one))
    .some((one) => one.length === ours.length && timingSafeEqual(one, ours));
  return isOurs && Math.abs(Date.now() / 1000 - timestamp) <= 300;
}

const { NOD_SECRET, ...env } = process.env;
const headers = ["ID", "TIMESTAMP", "SIGNATURE"].map((name) => env[`HTTP_WEBHOOK_${name}`]);
if (!isNods(NOD_SECRET, ...headers, readFileSync(0))) {
  console.error("not signed by Nod, or too old");
  process.exit(1);
}
