#!/bin/sh
# Grants a principal of Kafka what vigil needs and no more, with Kafka's own tool:
#
#   deploy/acls.sh BOOTSTRAP PRINCIPAL [further arguments of kafka-acls.sh, such as --command-config admin.properties]
#
# The dashboard writes acts to vigil.records and the audit to vigil.audit; its pages of rejects and of the audit need Read on
# vigil.rejects and vigil.audit beside this, and are empty without it.
#
# SOURCES (default adverse-events), INGEST_GROUP and WATCH_GROUP may be set. Readers of vigil.rejects are another
# principal: it holds raw messages, and with them identities. With topics.create = true vigil also needs Create on the
# cluster.
set -eu

[ $# -ge 2 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 64; }
BOOTSTRAP=$1
PRINCIPAL=$2
shift 2
TOOL=${KAFKA_ACLS:-kafka-acls.sh}
WATCH_GROUP=${WATCH_GROUP:-vigil-watch}

grant() { "$TOOL" --bootstrap-server "$BOOTSTRAP" "$@" --add --allow-principal "$PRINCIPAL" --force; }

for topic in ${SOURCES:-adverse-events}; do
    grant "$@" --operation Read --operation Describe --operation DescribeConfigs --topic "$topic"
done
for topic in vigil.records vigil.state vigil.alerts; do
    grant "$@" --operation Read --operation Write --operation Describe --operation DescribeConfigs --topic "$topic"
done
for topic in vigil.rejects vigil.audit; do
    grant "$@" --operation Write --operation Describe --operation DescribeConfigs --topic "$topic"
done
for group in "${INGEST_GROUP:-vigil-ingest}" "$WATCH_GROUP"; do
    grant "$@" --operation Read --group "$group"
done
# One transactional id a shard: WATCH_GROUP.PARTITION.
grant "$@" --operation Write --operation Describe --transactional-id "$WATCH_GROUP." --resource-pattern-type prefixed
grant "$@" --operation IdempotentWrite --cluster
