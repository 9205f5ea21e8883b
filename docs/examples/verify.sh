#!/bin/sh
# Is this request Nod's? Body on standard input, headers as a CGI server sets them; exit 1: no.
set -fu
key=$(printf %s "${NOD_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
hmac() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A; }

ours=v1,$({ printf %s. "$HTTP_WEBHOOK_ID" "$HTTP_WEBHOOK_TIMESTAMP"; cat; } | hmac)
found=no
for one in $HTTP_WEBHOOK_SIGNATURE; do
  # Hashed once more, because a shell's comparison takes longer the more of two words agrees.
  [ "$(printf %s "$one" | hmac)" = "$(printf %s "$ours" | hmac)" ] && found=yes
done
[ "$found" = yes ] || { echo 'not signed by Nod' >&2; exit 1; }

age=$(($(date +%s) - HTTP_WEBHOOK_TIMESTAMP))
[ "$age" -le 300 ] && [ "$age" -ge -300 ] || { echo 'too old' >&2; exit 1; }
