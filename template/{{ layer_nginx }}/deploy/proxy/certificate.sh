#!/bin/sh
# A certificate to start on: nginx does not without one.
set -eu
cd /etc/nginx/certificates
if [ ! -s tls.crt ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj "/CN=$SITE_ADDRESS" \
    -addext "subjectAltName=DNS:$SITE_ADDRESS" -keyout tls.key -out tls.crt 2>/dev/null
fi
