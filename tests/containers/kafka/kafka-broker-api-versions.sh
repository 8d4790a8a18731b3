#!/bin/bash
# Asks the broker which requests it knows, without a JVM: 0 once it can serve.
exec 3<>"/dev/tcp/${2%:*}/${2#*:}"
printf '\0\0\0\x0a\0\x12\0\0\0\0\0\x01\xff\xff' >&3
answer=$(head -c 10 <&3 | od -An -tx1 -j4 | tr -d ' \n')
[ "$answer" = 000000010000 ]
