#!/bin/bash
# health-check.sh of the document on maintenance, without Docker, and with node instead of python3.
# Environment: GRID (host:port), REDIS_PORT, SCRIPT (end-to-end.mjs), INPUT (its input).

echo "Checking proxy..."
curl -f "http://$GRID/metrics" || echo "FAIL: Proxy not responding"

echo "Checking Redis..."
redis-cli -p "$REDIS_PORT" PING || echo "FAIL: Redis not responding"

echo "Checking workers..."
WORKERS=$(redis-cli -p "$REDIS_PORT" KEYS "worker:*:*" | wc -l)
echo "Workers registered: $WORKERS"
[ "$WORKERS" -gt 0 ] || echo "FAIL: No workers registered"

echo "End-to-end test..."
node "$SCRIPT" "$INPUT" | grep OK || echo "FAIL: End-to-end connection failed"
