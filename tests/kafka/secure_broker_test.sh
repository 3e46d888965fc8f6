#!/usr/bin/env bash
# A broker that wants TLS and a password (SASL): the program reads and writes through it with nothing but librdkafka's
# own properties; a wrong password ends it with a clear line; the password stands in no log and no --print.
#
#   secure_broker_test.sh FRESHET
set -euo pipefail
freshet=$1
. "$(dirname "$0")/testing.sh" kcat openssl
password=correct-horse-battery

make_certificates() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=freshet-test-ca -keyout "$dir/ca.key" -out "$dir/ca.pem"
  openssl req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout "$dir/broker.key" -out "$dir/broker.csr"
  openssl x509 -req -in "$dir/broker.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 2 \
    -extfile <(echo "subjectAltName=IP:127.0.0.1") -out "$dir/broker.crt"
  cat "$dir/broker.key" "$dir/broker.crt" "$dir/ca.pem" >"$dir/broker.pem"
}

start_secure_broker() {
  plain=$(free_port) secure=$(free_port)
  local controller
  controller=$(free_port)
  cat >"$dir/secure.properties" <<END
listeners=PLAINTEXT://127.0.0.1:$plain,SASL_SSL://127.0.0.1:$secure,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$plain,SASL_SSL://127.0.0.1:$secure
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_freshet="$password";
ssl.keystore.type=PEM
ssl.keystore.location=$dir/broker.pem
END
  start_broker "$plain:$controller" "$dir/secure.properties"
}

write_config() { # FILE PASSWORD
  printf '%s\n' "$2" >"$dir/password"
  local security="{security.protocol: sasl_ssl, sasl.mechanism: PLAIN, sasl.username: freshet,
      sasl.password: '\${file:$dir/password}', ssl.ca.location: $dir/ca.pem}"
  cat >"$1" <<END
ingest:
  kafka:
    brokers: 127.0.0.1:$secure
    properties: $security
state: {directory: $dir/state}
scoring: {network: {enabled: false}, learning: {directory: ""}}
sinks:
  kafka:
    brokers: 127.0.0.1:$secure
    properties: $security
  http: {port: 0}
END
}

make_certificates >"$dir/openssl.log" 2>&1 || fail "no certificates" "$dir/openssl.log"
start_secure_broker
write_config "$dir/freshet.yaml" "$password"
"$freshet" topics create -c "$dir/freshet.yaml" --partitions 2 >"$dir/topics.log" 2>&1 ||
  fail "topics create" "$dir/topics.log"
"$freshet" run -c "$dir/freshet.yaml" >"$dir/run.log" 2>&1 &
run=$!
"$freshet" generate --to-kafka -c "$dir/freshet.yaml" >"$dir/generate.log" 2>&1 &
has_lists() { kcat -b "127.0.0.1:$plain" -t freshet.recommendations -C -e -q -c 10 -f '%k\n' | grep -c . | grep -qx 10; }
within 60 has_lists || fail "no lists come through the secured broker" "$dir/run.log"
kill $run %%
wait $run || fail "the program did not end well" "$dir/run.log"
echo "events and lists went through TLS and SASL"

write_config "$dir/freshet.yaml" "$password"
"$freshet" init --yes --brokers "127.0.0.1:$secure" --topic freshet.events --out "$dir/init.yaml" \
  --kafka-property security.protocol=sasl_ssl --kafka-property sasl.mechanism=PLAIN --kafka-property sasl.username=freshet \
  --kafka-property "ssl.ca.location=$dir/ca.pem" --kafka-property "sasl.password=\${file:$dir/password}" \
  >"$dir/init.log" 2>&1 || fail "init" "$dir/init.log"
"$freshet" topics create -c "$dir/init.yaml" >"$dir/init-topics.log" 2>&1 || fail "what init wrote does not open the topics" "$dir/init-topics.log"
! grep -q "$password" "$dir/init.yaml" || fail "init wrote the password"
echo "init looked into the secured topic: $(head -1 "$dir/init.log")"

write_config "$dir/wrong.yaml" wrong-password
if timeout 60 "$freshet" run -c "$dir/wrong.yaml" >"$dir/wrong.log" 2>&1; then fail "a wrong password is taken" "$dir/wrong.log"; fi
grep -qi "authentication" "$dir/wrong.log" || fail "the reason is not said" "$dir/wrong.log"
echo "a wrong password ends with: $(grep -i authentication "$dir/wrong.log" | tail -1)"

"$freshet" validate --print "$dir/freshet.yaml" >"$dir/print.log" 2>&1 || fail "validate" "$dir/print.log"
! grep -l "$password\|wrong-password" "$dir"/*.log || fail "a password stands in what was written"
echo "1 of 1 passed"
